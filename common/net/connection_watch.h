// Tells that a connecting socket has its TCP connection, which says nothing of the peer's program
// yet; that it was lost: closed by the peer, reset, given up by the kernel (keepalive), or sent
// away for now; or that the peer refused our key. libzmq makes the next connection by itself and
// says nothing; whoever has another way to the same peer wants to know.
//
// Owned and used by the thread of the watched socket; ends before it.
#pragma once

#include "common/base/error.h"
#include "common/net/socket.h"
#include "common/net/socket_monitor.h"

namespace sn::net {

class ConnectionWatch {
 public:
  // Before the socket connects, so that nothing is missed. One watch a socket.
  [[nodiscard]] static Result<ConnectionWatch> open(const Context& context, const Socket& watched);

  // Readable when something happened: for a Reactor.
  [[nodiscard]] const Socket& socket() const { return monitor_.socket(); }
  // The last since the last call; a refusal stands for the loss that follows it. Never blocks.
  enum class News { none, connected, lost, refused };
  [[nodiscard]] News news();

 private:
  explicit ConnectionWatch(SocketMonitor monitor) : monitor_(std::move(monitor)) {}
  SocketMonitor monitor_;
};

}  // namespace sn::net
