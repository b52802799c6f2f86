#include "tests/crash/services.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/crash/text.h"

namespace sn::crash {

namespace {

constexpr int kStopMs = 5'000;

// As a whole: the harness may look at any moment.
void replace(const std::string& path, const std::string& text) {
  const std::string temporary = path + "." + std::to_string(getpid());
  (void)write_all(temporary, text);
  (void)rename(temporary.c_str(), path.c_str());
}

std::string pid_file(const std::string& name) { return "/run/" + name + ".pid"; }

// Not one that has ended and that nobody has waited for: on a busy machine the tracer takes its
// time.
bool runs(const std::string& name, int pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const std::string named = "(" + name + ") ";
  const size_t at = stat.find(named);
  return at != std::string::npos && stat[at + named.size()] != 'Z';
}

[[noreturn]] void serve(const std::string& name, const std::string& configuration) {
  const std::string uses = "/run/" + name + ".uses";
  replace(uses, read_all(configuration));
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    replace(uses, read_all(configuration));
  }
}

int start(const std::string& name, const std::string& configuration) {
  const int old = std::atoi(read_all(pid_file(name)).c_str());
  if (old > 0 && runs(name, old)) return 0;
  int ready[2];
  if (pipe(ready) != 0) return 1;
  const pid_t daemon = fork();
  if (daemon < 0) return 1;
  if (daemon == 0) {
    setsid();
    prctl(PR_SET_NAME, name.c_str());
    const int null = open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) dup2(null, fd);
    replace(pid_file(name), std::to_string(getpid()) + "\n");
    replace("/run/" + name + ".uses", read_all(configuration));
    close(ready[1]);
    close(ready[0]);
    serve(name, configuration);
  }
  close(ready[1]);
  char none = 0;
  while (read(ready[0], &none, 1) < 0) {
  }
  return 0;
}

int stop(const std::string& name) {
  const int pid = std::atoi(read_all(pid_file(name)).c_str());
  if (pid <= 0 || !runs(name, pid)) return 0;
  kill(pid, SIGTERM);
  for (int waited = 0; waited < kStopMs && runs(name, pid); ++waited) poll(nullptr, 0, 1);
  return runs(name, pid) ? 1 : 0;
}

}  // namespace

int run_as_service(int argc, char** argv) {
  const char* slash = std::strrchr(argv[0], '/');
  if (std::strcmp(slash == nullptr ? argv[0] : slash + 1, "svc") != 0) return -1;
  if (argc != 3) return 2;
  const std::string action = argv[1], name = argv[2];
  const std::string daemon = name == "rsyslog" ? "rsyslogd" : "automount";
  const std::string configuration =
      name == "rsyslog" ? "/etc/rsyslog.d/remote.conf" : "/etc/auto.apps";
  return action == "stop" ? stop(daemon) : start(daemon, configuration);
}

}  // namespace sn::crash
