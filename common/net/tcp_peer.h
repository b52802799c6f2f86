// What the kernel knows of an accepted TCP connection, whoever reads from it: tcp(7), TCP_INFO.
//
// A descriptor that another part of the process owns may be closed, and its number another's, at
// any time: an answer is of whatever has that number now.
#pragma once

#include <cstdint>
#include <optional>

#include "common/model/address.h"

namespace sn::net {

struct TcpPeer {
  IpAddress address;  // an IPv4 address in IPv6 as IPv4
  uint16_t port = 0;
  IpAddress own_address;
  uint16_t own_port = 0;

  friend bool operator==(const TcpPeer&, const TcpPeer&) = default;
};

struct TcpProgress {
  uint64_t received = 0;  // bytes in order, those included that nobody has read yet
  int64_t heard_ms = 0;   // since data came last; of none, since the connection is there
  int64_t said_ms = 0;    // the same of what we sent
  bool unread = false;    // something waits for our side
};

// nullopt: no connected TCP socket, or a listening one.
[[nodiscard]] std::optional<TcpPeer> tcp_peer(int descriptor);
[[nodiscard]] std::optional<TcpProgress> tcp_progress(int descriptor);

}  // namespace sn::net
