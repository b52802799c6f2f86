#include "agent/executor/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <utility>

namespace sn::agent {

Result<Child> Child::spawn(const std::function<void(const ChildEnd&)>& work) {
  auto ends = ParentEnd::make_pair();
  if (!ends) return tl::unexpected(ends.error());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("forking", "a disposable child");
  if (pid > 0) return Child(pid, std::move(ends->first));
  // A plan must not go on under a dead executor: its successor would begin the same one.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ends->first.close();
  work(ends->second);
  // No destructors of the parent's objects: they own pid files and sockets that are the parent's.
  _exit(0);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), channel_(std::move(other.channel_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    channel_ = std::move(other.channel_);
  }
  return *this;
}

Child::~Child() { kill(); }

void Child::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

}  // namespace sn::agent
