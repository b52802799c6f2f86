// What waits in the kernel for the peer of a connected stream socket, TCP or UNIX, to read it:
// tcp(7) and unix(7), SIOCOUTQ.
//
// As tcp_peer.h: of whatever has this number now.
#pragma once

#include <cstdint>
#include <optional>

namespace sn::net {

struct Outgoing {
  uint64_t waiting = 0;  // bytes; of a UNIX socket with what the kernel needs to keep them
  uint64_t taken = 0;    // bytes, since the connection is there; the kernel counts TCP's only

  friend bool operator==(const Outgoing&, const Outgoing&) = default;
};

// nullopt: no stream socket.
[[nodiscard]] std::optional<Outgoing> outgoing(int descriptor);

}  // namespace sn::net
