// The kernel's modules for the versions of NFS, loaded before they are needed. A first mount of a
// version makes the kernel run modprobe, which lies on the root that may be hanging then.
#pragma once

#include <vector>

#include "common/model/nfs_mount.h"

namespace sn::agent {

// At start-up. Asks modprobe for them, in a child and for a few seconds at most, if one of `mounts`
// is an NFS mount. A failure is nothing: where there is no modprobe, or no module by that name, the
// kernel has them built in.
void load_nfs_modules(const std::vector<NfsMount>& mounts);

}  // namespace sn::agent
