// Primitive: mounts the new file system of a swap where nobody sees it, and hands back what goes
// into each of its places.
//
// In a child with a private mount namespace the new file system is mounted (all network work
// happens here), its marker is compared, what hangs upon the old one is cloned onto it, and one
// detached tree for every place is sent back. The node's own namespace is untouched.
//
// Mounting goes through fsopen(2) and fsconfig(2) with the options that the kernel shows of the old
// mount, and not through mount.nfs: that is on a file system which may hang, resolves names, and
// negotiates a version that is known already.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

// A mount answers in 30 ms (NFS v3) to 500 ms (v4.2); a server behind a lost packet takes seconds.
inline constexpr int64_t kStageMountMs = 10'000;

// The trees, in the order of swap.places. unreachable or not_found: the new server does not export
// the path, or does not have a part of it; timed_out: it did not answer before kStageMountMs;
// conflict: the marker differs, or a place is a file on one server and a directory on the other.
// `stage_dir`: an empty directory of our own on tmpfs, made if it is not there. `known_marker`: the
// digest of the old copy's marker when it was last read (watch/read_markers.h); empty: it is tried
// to read it now.
[[nodiscard]] Result<std::vector<UniqueFd>> stage_mount(const MountSwap& swap,
                                                        const std::string& stage_dir,
                                                        const std::string& known_marker);

}  // namespace sn::agent
