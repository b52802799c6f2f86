#include "agent/ipc/fork.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace sn::agent {

namespace {

// Nobody is left to read it.
constexpr int kParentGone = 1;

}  // namespace

pid_t fork_process(const std::function<int()>& work, Lifetime lifetime) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (lifetime == Lifetime::with_parent) die_with(parent);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  _exit(work());
}

void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kParentGone);
}

}  // namespace sn::agent
