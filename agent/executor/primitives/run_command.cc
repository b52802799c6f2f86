#include "agent/executor/primitives/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "agent/ipc/fork.h"
#include "common/base/clock.h"
#include "common/base/pidfd.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

namespace {

constexpr int kNotRun = 127;  // as a shell says it

// Returns only if the program can't be run.
int become(const std::vector<std::string>& argv, int output, int failure) {
  setpgid(0, 0);
  signal(SIGPIPE, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  // The agent's own environment is the service manager's; a fixed path keeps the result the same.
  setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("LC_ALL", "C", 1);
  execvp(words[0], words.data());
  const int error = errno;
  (void)!write(failure, &error, sizeof error);
  return kNotRun;
}

}  // namespace

Fact exited(const std::string& program, const CommandResult& result) {
  return Fact(FactCode::exited, {.name = program,
                                 .value = std::to_string(result.exit_code),
                                 .said = result.output.substr(0, 200)});
}

Result<CommandResult> run_command(const std::vector<std::string>& argv, uint32_t deadline_ms) {
  if (argv.empty())
    return fail(ErrorClass::internal, "running", "", Fact(FactCode::no_program_named));
  int output_pipe[2], failure_pipe[2];
  if (pipe2(output_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("running", argv[0]);
  UniqueFd output(output_pipe[0]), output_end(output_pipe[1]);
  if (pipe2(failure_pipe, O_CLOEXEC) != 0) return fail_errno("running", argv[0]);
  UniqueFd failure(failure_pipe[0]), failure_end(failure_pipe[1]);

  const MonotonicTime deadline = monotonic_now() + deadline_ms;
  // It dies with its caller, as whoever finishes what that began runs it again: a stop that came
  // late would end what was started in between. What it has started itself lives on.
  const pid_t pid = fork_process([&] { return become(argv, output_end.get(), failure_end.get()); });
  if (pid < 0) return fail_errno("running", argv[0]);
  output_end.reset();
  failure_end.reset();
  const UniqueFd process = open_pidfd(pid);

  CommandResult result;
  bool ended = false;
  while (!ended) {
    const int64_t left = deadline - monotonic_now();
    if (left <= 0) break;
    pollfd waits[2] = {{process.get(), POLLIN, 0}, {output.get(), POLLIN, 0}};
    // Without pidfd_open (before Linux 5.3) the child is looked at every 10 ms.
    const int timeout =
        process ? static_cast<int>(left) : static_cast<int>(std::min<int64_t>(left, 10));
    if (poll(waits, 2, timeout) < 0 && errno != EINTR) break;
    char buffer[1024];
    ssize_t size = 0;
    while ((size = read(output.get(), buffer, sizeof buffer)) > 0) {
      const size_t room = kMaxCommandOutput - result.output.size();
      result.output.append(buffer, std::min(room, static_cast<size_t>(size)));
    }
    // Closed by all: poll must not spin on its hang-up.
    if (size == 0) output.reset();
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) {
      ended = true;
      result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
  if (!ended) {
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    // A child in uninterruptible sleep can't be reaped now; the caller is disposable and its own
    // end hands the orphan to init.
    waitpid(pid, nullptr, WNOHANG);
    return fail(ErrorClass::timed_out, "running", argv[0],
                Fact(FactCode::no_end_within, {.ms = static_cast<uint64_t>(deadline_ms)}));
  }
  int error = 0;
  if (read(failure.get(), &error, sizeof error) == sizeof error) {
    return fail_errno(error, "running", argv[0]);
  }
  return result;
}

}  // namespace sn::agent
