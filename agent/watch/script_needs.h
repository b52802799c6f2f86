// Whether a script of xCAT waits for a service node that is left. Then it is no reason to wait for
// the script: it will not end before the node has another way.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/watch/boot_scripts.h"
#include "common/model/identity.h"

namespace sn::agent {

// The scripts and all processes that they began.
[[nodiscard]] std::vector<int> processes_of(const std::vector<BootScript>& scripts);

// Sockets (their inodes) that have, or try to get, a connection to one of `service_nodes`, of the
// text of /proc/net/tcp or tcp6 (Documentation/networking/proc_net_tcp.rst).
struct AwaitedSocket {
  uint64_t inode = 0;
  std::string service_node;
};
[[nodiscard]] std::vector<AwaitedSocket> parse_awaited_sockets(
    const std::string& text, const IdentityIndex& identity,
    const std::vector<std::string>& service_nodes);

// The service node of `service_nodes` that a word of these arguments (each ended by a NUL) names,
// by address or name; empty: none.
[[nodiscard]] std::string named_in_arguments(std::string_view arguments,
                                             const IdentityIndex& identity,
                                             const std::vector<std::string>& service_nodes);

// The one that any of their processes has a connection to or tries to reach, names among its
// arguments (not read with LookAt::names), or is stuck on: it sleeps uninterruptibly in the NFS
// client, and a mount is of it. Empty: none. May block where arguments are read.
[[nodiscard]] std::string awaited_service_node(const std::vector<BootScript>& scripts,
                                               LookAt look_at, const IdentityIndex& identity,
                                               const std::vector<std::string>& service_nodes);

}  // namespace sn::agent
