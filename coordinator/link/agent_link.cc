#include "coordinator/link/agent_link.h"

#include <iterator>
#include <utility>
#include <zmq.hpp>

#include "common/base/clock.h"
#include "common/base/resident_memory.h"
#include "common/net/tcp_peer.h"
#include "common/wire/codec.h"

namespace sn::coordinator {

namespace {

// Thousands of agents connect at once after a restart; with the default of 100 most of their SYNs
// are dropped and come again a second later (measured: 15-30 s instead of 3).
constexpr int kBacklog = 4096;
// A handshake costs half a millisecond here. Giving up early on a slow one only repeats it.
constexpr int kHandshake_ms = 30'000;
// Out to one agent: an agent that is told fast has a Welcome, a Preflight, a Rebind and a few
// BeatAcks waiting. More means that it doesn't read.
constexpr int kSendHighWater = 256;
// In from one agent: it may send its state at once, but must not fill our memory (16 of at most
// wire::kMaxFrameBytes); TCP holds the rest back.
constexpr int kReceiveHighWater = 16;
// Long enough for a last Refused or Welcome, short enough for a restart.
// Beats tell sooner that a node is gone; this frees what its connection holds.
constexpr int kKeepalive_s = 60;
constexpr int kLinger_ms = 500;
// The self-test is one handshake over loopback or our own address.
constexpr int kSelfTest_ms = 5'000;
// Keys are forgiven connections that are closed (net::Admissions).
constexpr int64_t kForgiveness_ms = 10'000;
// A peer that floods us with junk must not keep the thread from the others.
constexpr int kMaxPerReceive = 64;
// What is there of messages that are not whole, in all: 32 of the largest. The parts of a message
// come one after the other; what is beyond was begun and never ended, and is given up.
constexpr size_t kMaxAssembled = 32 * wire::kMaxMessageBytes;

}  // namespace

Result<AgentLink> AgentLink::open(const net::Context& context, const net::CurveKeys& keys,
                                  const std::vector<std::string>& endpoints, NodeOfKey admitted,
                                  size_t most_connections, net::AdmissionLimits limits) {
  auto zap = net::ZapHandler::start(context, limits);
  if (!zap) return tl::unexpected(zap.error());
  zap->set_keys(admitted);
  net::SocketOptions options;
  options.curve = &keys;
  options.curve_server = true;
  options.router_mandatory = true;
  options.backlog = kBacklog;
  options.handshake_ms = kHandshake_ms;
  options.send_high_water = kSendHighWater;
  options.receive_high_water = kReceiveHighWater;
  options.max_message_bytes = static_cast<int64_t>(wire::kMaxOnWireBytes);
  options.linger_ms = kLinger_ms;
  // Finds dead peers for nothing; ZMTP heartbeats from this side cost N squared.
  options.keepalive_s = kKeepalive_s;
  auto socket = net::Socket::open(context, net::SocketType::router, options);
  if (!socket) return tl::unexpected(socket.error());
  auto monitor =
      net::SocketMonitor::open(context, *socket, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED);
  if (!monitor) return tl::unexpected(monitor.error());
  std::vector<uint16_t> ports;
  for (const auto& endpoint : endpoints) {
    if (const Status bound = socket->bind(endpoint); !bound) return tl::unexpected(bound.error());
    ports.push_back(socket->port());
  }
  const Status refused =
      net::require_refusal(context, socket->last_endpoint(), keys.public_key(), kSelfTest_ms);
  if (!refused) return tl::unexpected(refused.error());
  return AgentLink(std::move(*zap), std::move(admitted), std::move(*socket), std::move(*monitor),
                   std::move(ports), most_connections);
}

AgentLink::AgentLink(net::ZapHandler zap, NodeOfKey keys, net::Socket socket,
                     net::SocketMonitor monitor, std::vector<uint16_t> ports,
                     size_t most_connections)
    : zap_(std::move(zap)),
      keys_(std::move(keys)),
      socket_(std::move(socket)),
      monitor_(std::move(monitor)),
      ports_(std::move(ports)),
      connections_({net::tcp_peer, net::tcp_progress,
                    [all = ports_](int descriptor) {
                      for (const uint16_t port : all) net::end_connection(descriptor, port);
                    },
                    resident_memory},
                   most_connections) {}

void AgentLink::learn_of_connections() {
  while (const auto event = monitor_.next()) {
    const int descriptor = static_cast<int>(event->value);
    if (event->number == ZMQ_EVENT_ACCEPTED) {
      connections_.accepted(descriptor, monotonic_now());
    } else {
      connections_.closed(descriptor);
    }
  }
}

Status AgentLink::send(const ConnectionId& connection, const wire::ToAgent& message) {
  for (const auto& frame : wire::frames_of(wire::encode(message), ++message_number_)) {
    if (Status sent = socket_.send_to(connection, frame); !sent) return sent;
  }
  return {};
}

Result<std::optional<AgentMessage>> AgentLink::receive() {
  for (int i = 0; i < kMaxPerReceive; ++i) {
    auto received = socket_.receive();
    if (!received) return tl::unexpected(received.error());
    if (!*received) return std::nullopt;
    count(**received);
    if (!budgets_.take(whose((*received)->user_id), (*received)->all_bytes, monotonic_now())) {
      end_connection(**received);
      continue;
    }
    if (!(*received)->single_frame) {
      refuse_malformed(**received, "a message is one frame");
      end_connection(**received);
      continue;
    }
    if (wire::is_part((*received)->bytes)) {
      auto whole = assemble(**received);
      if (!whole) refuse_malformed(**received, whole.error().message());
      if (!whole || !*whole) continue;
      (*received)->bytes = std::move(**whole);
    }
    auto message = wire::decode<wire::ToCoordinator>((*received)->bytes);
    if (!message) {
      refuse_malformed(**received, message.error().message());
      continue;
    }
    return AgentMessage{std::move((*received)->routing_id), std::move((*received)->user_id),
                        std::move(*message), (*received)->bytes.size()};
  }
  return std::nullopt;
}

void AgentLink::count(const net::Received& received) {
  const std::string& node = whose(received.user_id);
  const auto heard = [&] { return connections_.heard(received.descriptor, node, received.from); };
  Connections::Heard what = heard();
  if (what == Connections::Heard::unknown) {
    // A connection is known before what came over it is there, but perhaps not to us yet.
    learn_of_connections();
    what = heard();
  }
  if (what == Connections::Heard::first) zap_.heard(node);
}

const std::string& AgentLink::whose(const std::string& public_key) const {
  const auto found = keys_.find(public_key);
  return found == keys_.end() ? public_key : found->second;
}

void AgentLink::admit(NodeOfKey keys) {
  zap_.set_keys(keys);
  const NodeOfKey before = std::exchange(keys_, std::move(keys));
  for (const auto& [key, node] : before) {
    if (!keys_.contains(key)) connections_.end_all_of(node);
  }
}

void AgentLink::admit(const std::string& public_key, const std::string& node) {
  zap_.add_key(public_key, node);
  keys_[public_key] = node;
}

void AgentLink::retire(const std::string& public_key) {
  zap_.remove_key(public_key);
  const auto retired = keys_.extract(public_key);
  if (!retired.empty()) connections_.end_all_of(retired.mapped());
}

void AgentLink::look_at_connections() {
  const MonotonicTime now = monotonic_now();
  connections_.look(now);
  if (now < next_forgiveness_) return;
  next_forgiveness_ = now + kForgiveness_ms;
  if (connections_.all_heard(net::kUnheardFor_ms, now)) zap_.all_closed();
}

void AgentLink::end_connection(const net::Received& received) {
  if (ended_ == received.routing_id) return;
  ended_ = received.routing_id;
  const auto peer = net::tcp_peer(received.descriptor);
  if (!peer || peer->address != received.from) return;  // its descriptor is another's by now
  for (const uint16_t port : ports_) net::end_connection(received.descriptor, port);
}

std::optional<AgentLink::OverBudget> AgentLink::over_budget() {
  if (auto over = budgets_.news(monotonic_now())) {
    return OverBudget{std::move(over->node), over->dropped, 0};
  }
  if (auto over = zap_.over_limit()) return OverBudget{std::move(over->node), 0, over->refused};
  return std::nullopt;
}

Result<std::optional<std::string>> AgentLink::assemble(const net::Received& received) {
  wire::Assembly& assembly = assemblies_[received.routing_id];
  assembled_bytes_ -= assembly.bytes();
  auto whole = assembly.add(received.bytes);
  assembled_bytes_ += assembly.bytes();
  if (assembly.bytes() == 0) assemblies_.erase(received.routing_id);
  while (assembled_bytes_ > kMaxAssembled) {
    const auto other = assemblies_.begin()->first == received.routing_id
                           ? std::next(assemblies_.begin())
                           : assemblies_.begin();
    assembled_bytes_ -= other->second.bytes();
    assemblies_.erase(other);
  }
  return whole;
}

void AgentLink::refuse_malformed(const net::Received& received, const std::string& why) {
  ++malformed_;
  last_malformed_ = "from key " + received.user_id + ": " + why;
  wire::Refused refused;
  refused.reason = Fact(FactCode::malformed_message, {}, Fact::own_words(why));
  refused.cure = Cure(CureCode::same_version);
  // Nothing is lost if the peer is gone or does not read.
  (void)send(received.routing_id, refused);
}

}  // namespace sn::coordinator
