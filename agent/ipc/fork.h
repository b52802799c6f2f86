// The one way in which the agent makes a process of its own: session, disposable children, what is
// read with a deadline, programs that are run. It stands in ipc/, below everything that forks, and
// not in common/: the coordinator only starts the site's program (health/power_status).
//
// A forgotten step here is a process that goes on under a dead executor while its successor begins
// the same work. So the new process asks the kernel to be killed with its parent
// (PR_SET_PDEATHSIG, prctl(2)) and then looks whether the parent died before that.
#pragma once

#include <sys/types.h>

#include <functional>

namespace sn::agent {

enum class Lifetime {
  with_parent,  // killed when the thread that forked ends
  its_own,      // ends by itself; whoever begins it says how
};

// As fork(2) for the parent: the pid, or -1 with errno set. The new process has an empty signal
// mask, runs `work` and exits with what that returns, without the destructors of the caller's
// objects: those own pid files and sockets that are the parent's. The caller has no threads, reaps
// the process, and opens a pidfd where it waits for it (common/base/pidfd.h).
[[nodiscard]] pid_t fork_process(const std::function<int()>& work,
                                 Lifetime lifetime = Lifetime::with_parent);

// In a process made so, after its user ids changed, which makes the kernel forget the wish to be
// killed with the parent (prctl(2)). `parent`: getppid() from before the change.
void die_with(pid_t parent);

}  // namespace sn::agent
