// Whom to ask: the NFS servers of a node's mounts, and those that its site wants to be asked. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/model/identity.h"
#include "common/model/nfs_mount.h"
#include "common/wire/messages.h"

namespace sn::agent {

// More mount points of one server are not named; one that waits is still found among these.
inline constexpr size_t kMaxMountsOfServer = 256;

// One an address and port, in the order of the mounts. Critical if a mount of it is. Of several
// versions the newest is asked; of a mount over RDMA the usual TCP port is; a mount without an
// address (a local one of another kind) is none. `more`: numeric addresses; one that nothing is
// mounted from has no mounts.
[[nodiscard]] std::vector<wire::NfsServer> nfs_servers_of(const std::vector<NfsMount>& mounts,
                                                          const std::vector<std::string>& more,
                                                          const Directory& directory);

}  // namespace sn::agent
