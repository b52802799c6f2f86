// A process held by an fd, so that its pid can't become somebody else's meanwhile: pidfd_open(2),
// pidfd_send_signal(2). By syscall number: glibc 2.36 declares both without C linkage.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/base/unique_fd.h"

namespace sn {

// Readable once the process has ended. Invalid with errno set: ESRCH, it is gone already.
[[nodiscard]] inline UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

// False with errno set.
[[nodiscard]] inline bool signal_pidfd(const UniqueFd& process, int signal) {
  return syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

}  // namespace sn
