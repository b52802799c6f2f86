#include "coordinator/feed/feed_publisher.h"

#include <sys/stat.h>
#include <unistd.h>

#include <zmq.h>
#include <utility>

#include "common/base/resident_memory.h"
#include "common/net/outgoing.h"
#include "common/net/tcp_peer.h"
#include "common/wire/codec.h"
#include "coordinator/control/peer.h"

namespace sn::coordinator {

namespace {

// Events that a slow subscriber may lag behind, each of at most some 1.5 KiB: a takeover of 10,000
// nodes makes some 20,000 of 200 bytes. libzmq's default of 1000 would lose most of a burst.
constexpr int kSendHighWater = 40'000;
// A subscriber says what it wants by a prefix, and libzmq keeps each. All events begin alike; an
// INITIATE of CURVE has some 300 bytes (RFC 26).
constexpr int64_t kMaxSubscriptionBytes = 512;
// Shorter than a stranger is left alone: whoever ends first, libzmq or we, is not in doubt.
constexpr int kHandshake_ms = 5'000;
// The agents' limits are for what a ROUTER keeps; libzmq's client does not come again when it was
// refused, and a collector may be started a hundred times.
constexpr net::AdmissionLimits kAdmissions{1'000, 10, 1e9};
constexpr int kReceiveHighWater = 16;
// For the last events before a restart.
constexpr int kLinger_ms = 200;
constexpr int kSelfTest_ms = 5'000;
// Subscriptions that are heard in one turn.
constexpr int kMostHeard = 256;
constexpr std::string_view kIpc = "ipc://";

wire::FeedField text(std::string key, std::string value) {
  return {std::move(key), std::move(value), 0, false};
}

wire::FeedField number(std::string key, uint64_t value) {
  return {std::move(key), {}, value, true};
}

std::string user_of(int descriptor) {
  const auto peer = peer_of(descriptor);
  return peer ? "uid " + std::to_string(peer->uid) : std::string();
}

std::string address_of(int descriptor) {
  const auto peer = net::tcp_peer(descriptor);
  return peer ? peer->address.to_string() : std::string();
}

Subscribers::Sight sight_of(const net::Socket& socket) {
  const std::string endpoint = socket.last_endpoint();
  if (endpoint.starts_with(kIpc)) {
    return {user_of, net::outgoing, [](int) { return std::nullopt; }, resident_memory,
            [path = endpoint.substr(kIpc.size())](int descriptor) {
              net::end_connection(descriptor, path);
            }};
  }
  return {address_of, net::outgoing,
          [](int descriptor) -> std::optional<uint64_t> {
            const auto progress = net::tcp_progress(descriptor);
            if (!progress) return std::nullopt;
            return progress->received;
          },
          resident_memory,
          [port = socket.port()](int descriptor) { net::end_connection(descriptor, port); }};
}

}  // namespace

Result<std::unique_ptr<FeedPublisher>> FeedPublisher::open(const std::string& endpoint,
                                                           const Groups& groups,
                                                           const net::CurveKeys& keys,
                                                           NameOfKey admitted) {
  const bool local = endpoint.starts_with(kIpc);
  auto context = net::Context::create();
  if (!context) return tl::unexpected(context.error());
  std::optional<net::ZapHandler> zap;
  net::SocketOptions options;
  options.send_high_water = kSendHighWater;
  options.receive_high_water = kReceiveHighWater;
  options.linger_ms = kLinger_ms;
  options.max_message_bytes = kMaxSubscriptionBytes;
  options.handshake_ms = kHandshake_ms;
  options.tell_every_subscription = true;
  if (!local) {
    auto started = net::ZapHandler::start(*context, kAdmissions);
    if (!started) return tl::unexpected(started.error());
    zap.emplace(std::move(*started));
    zap->set_keys(admitted);
    options.curve = &keys;
    options.curve_server = true;
  }
  auto socket = net::Socket::open(*context, net::SocketType::xpub, options);
  if (!socket) return tl::unexpected(socket.error());
  auto monitor =
      net::SocketMonitor::open(*context, *socket, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED);
  if (!monitor) return tl::unexpected(monitor.error());
  // Nobody may slip in before it is opened to its groups.
  const mode_t before = ::umask(0177);
  const Status bound = socket->bind(endpoint);
  ::umask(before);
  if (!bound) return tl::unexpected(bound.error());
  const Status closed =
      local ? open_socket_to(groups, endpoint.substr(kIpc.size()))
            : net::require_refusal(*context, socket->last_endpoint(), keys.public_key(),
                                   kSelfTest_ms, net::SocketType::sub);
  if (!closed) return tl::unexpected(closed.error());
  std::unique_ptr<FeedPublisher> feed(new FeedPublisher(std::move(*context), std::move(zap),
                                                        std::move(*socket), std::move(*monitor)));
  feed->names_ = std::move(admitted);
  return feed;
}

FeedPublisher::FeedPublisher(net::Context context, std::optional<net::ZapHandler> zap,
                             net::Socket socket, net::SocketMonitor monitor)
    : context_(std::move(context)),
      zap_(std::move(zap)),
      socket_(std::move(socket)),
      monitor_(std::move(monitor)),
      subscribers_(sight_of(socket_)) {}

void FeedPublisher::publish(const Event& event) {
  const std::string bytes = wire::encode_feed_event(
      {text("epoch", event.epoch), number("serial", event.serial),
       number("time_ms", static_cast<uint64_t>(event.unix_ms)), text("id", event.id),
       text("what", event.what), text("takeover", event.takeover), text("node", event.node),
       text("sn", event.service_node), text("text", event.text)});
  // It is dropped for who does not read; the serial tells the subscriber.
  (void)socket_.send(bytes);
}

void FeedPublisher::admit(NameOfKey keys) {
  if (!zap_) return;
  zap_->set_keys(keys);
  learn_of_connections();
  const auto before = std::exchange(names_, std::move(keys));
  for (const auto& [key, name] : before) {
    if (!names_.contains(key)) subscribers_.end_all_of(name);
  }
}

void FeedPublisher::learn_of_connections() {
  while (const auto event = monitor_.next()) {
    const int descriptor = static_cast<int>(event->value);
    if (event->number == ZMQ_EVENT_ACCEPTED) {
      subscribers_.accepted(descriptor, monotonic_now());
    } else {
      subscribers_.closed(descriptor);
    }
  }
}

void FeedPublisher::hear() {
  // A connection is known before what came over it is there.
  learn_of_connections();
  for (int i = 0; i < kMostHeard; ++i) {
    const auto received = socket_.receive();
    if (!received || !*received) break;
    subscribers_.heard((*received)->descriptor, who(**received));
  }
  subscribers_.trim();
}

void FeedPublisher::look(MonotonicTime now) {
  learn_of_connections();
  subscribers_.look(now);
}

std::string FeedPublisher::who(const net::Received& received) const {
  if (zap_) {
    const auto name = names_.find(received.user_id);
    return name == names_.end() ? std::string() : name->second;
  }
  return user_of(received.descriptor);
}

}  // namespace sn::coordinator
