// Open TCP connections to a service node: reported apart, never touched. They end by themselves, or
// hang with the program that holds them.
#pragma once

#include <string>
#include <vector>

#include "common/model/identity.h"

namespace sn::agent {

struct OpenSocket {
  std::string peer;  // "10.1.1.100:2049"
  std::string service_node;
  size_t count = 0;
};

// Established or closing connections of this network namespace, from /proc/net/tcp and tcp6
// (Documentation/networking/proc_net_tcp.rst), one entry a peer.
[[nodiscard]] std::vector<OpenSocket> find_open_sockets(const IdentityIndex& identity);

// The text of such a file; apart for tests.
[[nodiscard]] std::vector<OpenSocket> parse_open_sockets(const std::string& text,
                                                         const IdentityIndex& identity);

}  // namespace sn::agent
