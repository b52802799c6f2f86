#include "tests/crash/services.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

#include "tests/crash/node.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace {

constexpr int kStopMs = 5'000;
constexpr const char* kLog = "/dev/log";
// There while systemd-resolved runs.
constexpr const char* kResolvedTrace = "/run/systemd/resolve";

// As a whole: the harness may look at any moment.
bool replace(const std::string& path, const std::string& text, const std::string& temporary) {
  return write_all(temporary, text) && rename(temporary.c_str(), path.c_str()) == 0;
}
// Of a daemon, of which two may write at a time.
void replace(const std::string& path, const std::string& text) {
  (void)replace(path, text, path + "." + std::to_string(getpid()));
}

std::string pid_file(const std::string& process) { return "/run/" + process + ".pid"; }

// Not one that has ended and that nobody has waited for: on a busy machine the tracer takes its
// time.
bool runs(const std::string& process, int pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const std::string named = "(" + process + ") ";
  const size_t at = stat.find(named);
  return at != std::string::npos && stat[at + named.size()] != 'Z';
}

// What it begins with: its configuration, or what DHCP told it.
std::string learnt(const Daemon& daemon) {
  if (daemon.process != kResolved) return read_all(std::string(daemon.configuration));
  return std::string("Global:\nLink 1 (lo):\nLink 2 (eth1): ") + kOld + " " + kOtherNames + "\n";
}

int open_log() {
  const int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  std::strncpy(place.sun_path, kLog, sizeof place.sun_path - 1);
  (void)unlink(kLog);
  (void)bind(log, reinterpret_cast<const sockaddr*>(&place), sizeof place);
  return log;
}

[[noreturn]] void serve(const Daemon& daemon, int ready) {
  const std::string process(daemon.process);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int hangups = signalfd(-1, &signals, SFD_CLOEXEC);
  const int log = process == "rsyslogd" ? open_log() : -1;
  if (process == kResolved) {
    (void)mkdir("/run/systemd", 0755);
    (void)mkdir(kResolvedTrace, 0755);
  }
  replace(pid_file(process), std::to_string(getpid()) + "\n");
  replace(uses_file(process), learnt(daemon));
  close(ready);
  while (true) {
    // One that is negative is not waited for.
    pollfd waits[2] = {{hangups, POLLIN, 0}, {log, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0) continue;
    if (signalfd_siginfo signal{}; waits[0].revents != 0) {
      (void)!read(hangups, &signal, sizeof signal);
      if (!daemon.configuration.empty()) replace(uses_file(process), learnt(daemon));
    }
    if (char line[1024]; waits[1].revents != 0) (void)recv(log, line, sizeof line, 0);
  }
}

int start(const Daemon& daemon) {
  const std::string process(daemon.process);
  const int old = std::atoi(read_all(pid_file(process)).c_str());
  if (old > 0 && runs(process, old)) return 0;
  int ready[2];
  if (pipe(ready) != 0) return 1;
  const pid_t pid = fork();
  if (pid < 0) return 1;
  if (pid == 0) {
    setsid();
    prctl(PR_SET_NAME, process.c_str());
    const int null = open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) dup2(null, fd);
    close(ready[0]);
    serve(daemon, ready[1]);
  }
  close(ready[1]);
  char none = 0;
  while (read(ready[0], &none, 1) < 0) {
  }
  return 0;
}

int stop(const std::string& process) {
  const int pid = std::atoi(read_all(pid_file(process)).c_str());
  if (pid <= 0 || !runs(process, pid)) return 0;
  kill(pid, SIGTERM);
  for (int waited = 0; waited < kStopMs && runs(process, pid); ++waited) poll(nullptr, 0, 1);
  return runs(process, pid) ? 1 : 0;
}

int svc(const std::vector<std::string>& words) {
  if (words.size() != 2) return 2;
  for (const auto& daemon : kDaemons) {
    if (daemon.service != words[1]) continue;
    return words[0] == "stop" ? stop(std::string(daemon.process)) : start(daemon);
  }
  return 2;
}

// `--no-pager dns`, and `dns LINK SERVER...`.
int resolvectl(std::vector<std::string> words) {
  std::erase(words, "--no-pager");
  if (words.empty() || words[0] != "dns") return 2;
  const std::string path = uses_file(kResolved);
  std::istringstream lines(read_all(path));
  std::string shown, line;
  bool found = words.size() == 1;
  while (std::getline(lines, line)) {
    const size_t name_end = line.find(':');
    if (words.size() > 1 && line.substr(0, name_end).ends_with("(" + words[1] + ")")) {
      found = true;
      line.resize(name_end + 1);
      for (size_t i = 2; i < words.size(); ++i) line += " " + words[i];
    }
    shown += line + "\n";
  }
  if (words.size() == 1) {
    std::fputs(shown.c_str(), stdout);
  } else if (!found || !replace(path, shown, path + ".new")) {
    std::fprintf(stderr, "Failed to set DNS configuration: %s\n",
                 found ? std::strerror(errno) : "No such device");
    return 1;
  }
  return 0;
}

}  // namespace

std::string uses_file(std::string_view process) { return "/run/" + std::string(process) + ".uses"; }

int run_as_service(int argc, char** argv) {
  const char* slash = std::strrchr(argv[0], '/');
  const std::string_view role = slash == nullptr ? argv[0] : slash + 1;
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (role == "svc") return svc(words);
  return role == kResolvectl ? resolvectl(words) : -1;
}

}  // namespace sn::crash
