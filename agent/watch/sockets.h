// Open TCP connections to a service node: reported apart, never touched. They end by themselves, or
// hang with the program that holds them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/identity.h"

namespace sn::agent {

struct OpenSocket {
  std::string peer;  // "10.1.1.100:2049"
  std::string service_node;
  size_t count = 0;
};

// A row of /proc/net/tcp or tcp6 (Documentation/networking/proc_net_tcp.rst) that has a peer.
struct TcpSocket {
  IpAddress peer;
  unsigned port = 0;
  bool open = false;   // established or closing; false: it tries to become so, or is over
  uint64_t inode = 0;  // of the process's descriptor; 0: no process has it any more
};
[[nodiscard]] std::vector<TcpSocket> parse_sockets(const std::string& text);
// Both tables of this network namespace, as texts.
[[nodiscard]] std::vector<std::string> read_socket_tables();

// Established or closing connections of this network namespace, one entry a peer.
[[nodiscard]] std::vector<OpenSocket> find_open_sockets(const IdentityIndex& identity);

// The text of such a file; apart for tests.
[[nodiscard]] std::vector<OpenSocket> parse_open_sockets(const std::string& text,
                                                         const IdentityIndex& identity);

}  // namespace sn::agent
