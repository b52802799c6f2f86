#include "agent/executor/primitives/last_hold.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "agent/ipc/fork.h"

namespace sn::agent {

LastHold::LastHold(const UniqueFd& tree) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
  const UniqueFd released(ends[0]);
  release_.reset(ends[1]);
  (void)fork_process([&] { return keep(tree, released); }, Lifetime::its_own);
}

int LastHold::keep(const UniqueFd& tree, const UniqueFd& released) {
  // Nothing else of ours may stay open as long: somebody may wait for its end.
  constexpr int kHigh = 64;
  const int held = fcntl(tree.get(), F_DUPFD, kHigh);
  const int wait = fcntl(released.get(), F_DUPFD, kHigh);
  if (held < 0 || wait < 0) return 1;
  dup2(held, 3);
  dup2(wait, 4);
  syscall(SYS_close_range, 5, ~0U, 0);
  char none = 0;
  while (read(4, &none, 1) < 0 && errno == EINTR) {
  }
  return 0;
}

}  // namespace sn::agent
