#include "common/net/socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <utility>
#include <zmq.hpp>

#include "common/net/tcp_peer.h"
#include "common/net/zmq_error.h"

namespace sn::net {

namespace {

// Who may use a CURVE server socket is asked under this name.
constexpr const char* kZapDomain = "snkeeper";
// ZMQ_ZAP_ENFORCE_DOMAIN: a missing handler refuses everybody instead of admitting everybody. The
// header hides it as a draft, the library has it since 4.3; without it the self-test still stands.
constexpr int kZapEnforceDomain = 93;
constexpr int kKeepaliveInterval_s = 1;
constexpr int kKeepaliveCount = 3;

zmq::socket_type zmq_type(SocketType type) {
  switch (type) {
    case SocketType::router:
      return zmq::socket_type::router;
    case SocketType::dealer:
      return zmq::socket_type::dealer;
    case SocketType::pub:
      return zmq::socket_type::pub;
    case SocketType::xpub:
      return zmq::socket_type::xpub;
    case SocketType::sub:
      return zmq::socket_type::sub;
    case SocketType::pair:
      return zmq::socket_type::pair;
  }
  return zmq::socket_type::dealer;
}

void set_flow(zmq::socket_t& socket, const SocketOptions& options) {
  using namespace zmq;
  if (options.send_high_water > 0) socket.set(sockopt::sndhwm, options.send_high_water);
  if (options.receive_high_water > 0) socket.set(sockopt::rcvhwm, options.receive_high_water);
  if (options.max_message_bytes > 0) socket.set(sockopt::maxmsgsize, options.max_message_bytes);
  socket.set(sockopt::linger, options.linger_ms);
}

void set_times(zmq::socket_t& socket, const SocketOptions& options) {
  using namespace zmq;
  if (options.backlog > 0) socket.set(sockopt::backlog, options.backlog);
  if (options.handshake_ms > 0) socket.set(sockopt::handshake_ivl, options.handshake_ms);
  if (options.heartbeat_ms > 0) socket.set(sockopt::heartbeat_ivl, options.heartbeat_ms);
  if (options.heartbeat_timeout_ms > 0) {
    socket.set(sockopt::heartbeat_timeout, options.heartbeat_timeout_ms);
  }
  if (options.heartbeat_ttl_ms > 0) socket.set(sockopt::heartbeat_ttl, options.heartbeat_ttl_ms);
  if (options.connect_timeout_ms > 0) {
    socket.set(sockopt::connect_timeout, options.connect_timeout_ms);
  }
  if (options.reconnect_ms != 0) socket.set(sockopt::reconnect_ivl, options.reconnect_ms);
  if (options.reconnect_max_ms > 0) {
    socket.set(sockopt::reconnect_ivl_max, options.reconnect_max_ms);
  }
  if (options.keepalive_s > 0) {
    socket.set(sockopt::tcp_keepalive, 1);
    socket.set(sockopt::tcp_keepalive_idle, options.keepalive_s);
    socket.set(sockopt::tcp_keepalive_intvl, kKeepaliveInterval_s);
    socket.set(sockopt::tcp_keepalive_cnt, kKeepaliveCount);
  }
}

void set_identity(zmq::socket_t& socket, const SocketOptions& options) {
  using namespace zmq;
  if (options.router_mandatory) socket.set(sockopt::router_mandatory, true);
  if (options.ipv6) socket.set(sockopt::ipv6, true);
  if (options.tell_every_subscription) socket.set(sockopt::xpub_verboser, true);
  if (options.immediate) socket.set(sockopt::immediate, true);
  if (!options.routing_id.empty()) socket.set(sockopt::routing_id, options.routing_id);
  if (options.curve == nullptr) return;
  if (options.curve_server) {
    socket.set(sockopt::zap_domain, kZapDomain);
    const int enforce = 1;
    (void)zmq_setsockopt(socket.handle(), kZapEnforceDomain, &enforce, sizeof enforce);
    socket.set(sockopt::curve_server, true);
  } else {
    socket.set(sockopt::curve_serverkey, options.curve_server_key);
    socket.set(sockopt::curve_publickey, options.curve->public_key());
  }
  socket.set(sockopt::curve_secretkey, options.curve->secret_key());
}

std::string property_of(zmq::message_t& message, const char* name) {
  const char* value = zmq_msg_gets(message.handle(), name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Socket::Socket(std::unique_ptr<zmq::socket_t> socket, SocketType type)
    : socket_(std::move(socket)), type_(type) {}
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;
Socket::~Socket() = default;

Result<Socket> Socket::open(const Context& context, SocketType type, const SocketOptions& options) {
  try {
    auto socket = std::make_unique<zmq::socket_t>(context.get(), zmq_type(type));
    set_flow(*socket, options);
    set_times(*socket, options);
    set_identity(*socket, options);
    return Socket(std::move(socket), type);
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "opening", "a ZeroMQ socket");
  }
}

Status Socket::bind(const std::string& endpoint) {
  try {
    socket_->bind(endpoint);
    return {};
  } catch (const zmq::error_t& error) {
    return fail_zmq(
        error.num(), "listening on", endpoint,
        error.num() == EADDRINUSE ? "stop the program that uses it, or choose another" : "");
  }
}

Status Socket::connect(const std::string& endpoint) {
  try {
    socket_->connect(endpoint);
    return {};
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "connecting to", endpoint,
                    "write it as tcp://10.1.1.1:7400, with a numeric address");
  }
}

Status Socket::subscribe(const std::string& prefix) {
  try {
    socket_->set(zmq::sockopt::subscribe, prefix);
    return {};
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "subscribing to", prefix);
  }
}

std::string Socket::last_endpoint() const {
  try {
    return socket_->get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t&) {
    return {};
  }
}

uint16_t Socket::port() const {
  const std::string endpoint = last_endpoint();
  uint16_t port = 0;
  const size_t at = endpoint.rfind(':') + 1;
  (void)std::from_chars(endpoint.data() + at, endpoint.data() + endpoint.size(), port);
  return port;
}

Status Socket::send(std::string_view bytes) {
  try {
    if (socket_->send(zmq::buffer(bytes), zmq::send_flags::dontwait)) return {};
    return fail(ErrorClass::busy, "sending to", "the peer", "its queue is full");
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "sending to", "the peer");
  }
}

Status Socket::send_to(std::string_view routing_id, std::string_view bytes) {
  try {
    constexpr auto kFirst = zmq::send_flags::dontwait | zmq::send_flags::sndmore;
    // A ROUTER decides by the first frame: what it took is followed by the rest, or both are gone.
    if (!socket_->send(zmq::buffer(routing_id), kFirst)) {
      return fail(ErrorClass::busy, "sending to", "a connection", "its queue is full");
    }
    if (socket_->send(zmq::buffer(bytes), zmq::send_flags::dontwait)) return {};
    return fail(ErrorClass::busy, "sending to", "a connection", "its queue is full");
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "sending to", "a connection");
  }
}

Result<std::optional<Received>> Socket::receive() {
  try {
    Received received;
    zmq::message_t frame;
    if (!socket_->recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
    if (type_ == SocketType::router) {
      received.routing_id = frame.to_string();
      // A ROUTER always hands out the rest of a message with its first frame.
      if (!frame.more() || !socket_->recv(frame, zmq::recv_flags::dontwait)) {
        received.single_frame = false;
        return received;
      }
    }
    received.bytes = frame.to_string();
    received.user_id = property_of(frame, "User-Id");
    if (const auto from = IpAddress::parse(property_of(frame, "Peer-Address"))) {
      received.from = from->mapped_v4().value_or(*from);
    }
    received.descriptor = zmq_msg_get(frame.handle(), ZMQ_SRCFD);
    received.all_bytes = received.bytes.size();
    while (frame.more()) {
      received.single_frame = false;
      if (!socket_->recv(frame, zmq::recv_flags::dontwait)) break;
      received.all_bytes += frame.size();
    }
    return received;
  } catch (const zmq::error_t& error) {
    return fail_zmq(error.num(), "receiving from", "a ZeroMQ socket");
  }
}

// libzmq has no call for it. The number may be another's by now: only a connection of the same port
// is touched, whose peer connects again.
void end_connection(int descriptor, uint16_t port) {
  const auto peer = tcp_peer(descriptor);
  if (peer && peer->own_port == port) ::shutdown(descriptor, SHUT_RDWR);
}

void end_connection(int descriptor, const std::string& path) {
  sockaddr_un own{};
  socklen_t size = sizeof own;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) return;
  if (own.sun_family == AF_UNIX && path == own.sun_path) ::shutdown(descriptor, SHUT_RDWR);
}

}  // namespace sn::net
