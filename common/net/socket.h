// One ZeroMQ socket: options once at opening, then non-blocking sends and receives. Owned and used
// by one thread.
//
// Errors a caller reacts to: busy (would block: the peer's or our queue is full), unreachable (a
// ROUTER does not know the connection). Everything else is reported as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/model/address.h"
#include "common/net/context.h"
#include "common/net/curve_keys.h"

namespace zmq {
class socket_t;
}

namespace sn::net {

enum class SocketType { router, dealer, pub, xpub, sub, pair };

// 0 and empty: libzmq's default. Every default that is ours says why.
struct SocketOptions {
  int send_high_water = 0;     // messages per connection
  int receive_high_water = 0;  // messages per connection
  int64_t max_message_bytes = 0;
  int backlog = 0;       // connections the kernel holds before they are accepted
  int handshake_ms = 0;  // for ZMTP and CURVE together
  int heartbeat_ms = 0;  // ZMTP pings; on the side of many connections they cost N squared
  int heartbeat_timeout_ms = 0;
  int heartbeat_ttl_ms = 0;  // what the peer is told to wait for our next ping
  int connect_timeout_ms = 0;
  int reconnect_ms = 0;
  int reconnect_max_ms = 0;
  // On close, for what is unsent. Never libzmq's "for ever": a daemon must end.
  int linger_ms = 0;
  bool router_mandatory = false;  // a send to an unknown connection fails instead of vanishing
  // The kernel asks a silent peer whether it is still there, first after this long, and gives the
  // connection up after three more questions, a second apart. 0: it does not ask.
  int keepalive_s = 0;
  bool ipv6 = true;
  // XPUB: each subscription and each end of one is received, also when others have the same.
  bool tell_every_subscription = false;
  // Do not queue for a peer that is not connected.
  bool immediate = false;
  std::string routing_id;

  const CurveKeys* curve = nullptr;  // our pair; needed until open() returns
  bool curve_server = false;         // ZAP decides who may connect (ZapHandler must run)
  std::string curve_server_key;      // a client's: the server's public key
};

struct Received {
  std::string routing_id;  // ROUTER only
  std::string bytes;       // the one frame after it
  std::string user_id;     // what ZAP authenticated the peer as; empty without
  IpAddress from;          // an IPv4 address in IPv6 as IPv4; 0.0.0.0: not known
  bool single_frame = true;
  size_t all_bytes = 0;  // of all its frames
  int descriptor = -1;   // of the connection it came over, which libzmq owns; -1: not known
};

// Ends the connection over which something came just now, as far as it is still there: an accepted
// TCP connection of `port` on our side. What came over it before may still be received.
void end_connection(int descriptor, uint16_t port);
// The same of a UNIX socket that was accepted at this path.
void end_connection(int descriptor, const std::string& path);

class Socket {
 public:
  static Result<Socket> open(const Context& context, SocketType type, const SocketOptions& options);

  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;
  ~Socket();

  [[nodiscard]] Status bind(const std::string& endpoint);
  [[nodiscard]] Status connect(const std::string& endpoint);
  [[nodiscard]] Status subscribe(const std::string& prefix);
  // With the port the kernel chose for "tcp://...:*".
  [[nodiscard]] std::string last_endpoint() const;
  // Of last_endpoint(); 0: it has none.
  [[nodiscard]] uint16_t port() const;

  // Never block.
  [[nodiscard]] Status send(std::string_view bytes);
  [[nodiscard]] Status send_to(std::string_view routing_id, std::string_view bytes);
  // nullopt: nothing there.
  [[nodiscard]] Result<std::optional<Received>> receive();

  [[nodiscard]] zmq::socket_t& get() const { return *socket_; }

 private:
  Socket(std::unique_ptr<zmq::socket_t> socket, SocketType type);
  std::unique_ptr<zmq::socket_t> socket_;
  SocketType type_;
};

}  // namespace sn::net
