// What the session may ask of the kernel: seccomp filters (seccomp(2)), of all its threads. It
// talks over sockets that it has or makes (IP, and netlink for its own addresses), and waits. It
// opens no file, starts no program and no thread, and signals nobody but itself.
#pragma once

#include "common/base/error.h"

namespace sn::agent {

// not_found: this kernel, or what imitates one, has no such filters.
[[nodiscard]] Status can_confine();
// For good, in every thread there is. Threads, libraries and files that it needs are there. What is
// not allowed fails with EPERM; what only somebody else's code would ask (another program, another
// process's memory) ends the process with SIGSYS.
[[nodiscard]] Status confine();

}  // namespace sn::agent
