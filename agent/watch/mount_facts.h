// Reads what is known of the node's mounts, without walking a path: the mount table, the swap files
// and the images of loop devices.
#pragma once

#include "agent/mounts/classify.h"
#include "common/base/error.h"

namespace sn::agent {

// Never blocks on a file system. Swap and loop devices that can't be read are taken for none.
[[nodiscard]] Result<MountFacts> read_mount_facts();

}  // namespace sn::agent
