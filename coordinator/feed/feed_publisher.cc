#include "coordinator/feed/feed_publisher.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/wire/codec.h"

namespace sn::coordinator {

namespace {

// Events a slow subscriber may lag behind: a takeover of 10,000 nodes makes some 20,000 of 200
// bytes, and each is at most some kB. libzmq's default of 1000 would lose most of a burst.
constexpr int kSendHighWater = 40'000;
// A subscriber says what it wants by a prefix, and a cancellation; libzmq keeps each.
constexpr int64_t kMaxSubscriptionBytes = 1024;
// For the last events before a restart.
constexpr int kLinger_ms = 200;
constexpr std::string_view kIpc = "ipc://";

Status open_to_group(const std::string& path, std::optional<gid_t> group) {
  if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
    return fail_errno("giving to its group", path);
  }
  if (::chmod(path.c_str(), 0660) != 0) return fail_errno("setting the mode of", path);
  return {};
}

wire::FeedField text(std::string key, std::string value) {
  return {std::move(key), std::move(value), 0, false};
}

wire::FeedField number(std::string key, uint64_t value) {
  return {std::move(key), {}, value, true};
}

}  // namespace

Status check_feed_endpoint(const std::string& endpoint) {
  if (endpoint.starts_with(kIpc) && endpoint.size() > kIpc.size()) return {};
  for (const char* loopback : {"tcp://127.0.0.1:", "tcp://[::1]:"}) {
    if (endpoint.starts_with(loopback)) return {};
  }
  return fail(ErrorClass::invalid_input, "", endpoint, "anybody could read the feed there",
              "use ipc:///run/sncoord/feed.sock or tcp://127.0.0.1:PORT");
}

Result<FeedPublisher> FeedPublisher::open(const net::Context& context, const std::string& endpoint,
                                          std::optional<gid_t> group) {
  if (const Status good = check_feed_endpoint(endpoint); !good) return tl::unexpected(good.error());
  net::SocketOptions options;
  options.send_high_water = kSendHighWater;
  options.linger_ms = kLinger_ms;
  options.max_message_bytes = kMaxSubscriptionBytes;
  auto socket = net::Socket::open(context, net::SocketType::pub, options);
  if (!socket) return tl::unexpected(socket.error());
  // Nobody may slip in between bind and chmod.
  const mode_t before = ::umask(0177);
  Status bound = socket->bind(endpoint);
  ::umask(before);
  if (bound && endpoint.starts_with(kIpc)) {
    bound = open_to_group(endpoint.substr(kIpc.size()), group);
  }
  if (!bound) return tl::unexpected(bound.error());
  return FeedPublisher(std::move(*socket));
}

void FeedPublisher::publish(const Event& event) {
  const std::string bytes = wire::encode_feed_event(
      {text("epoch", event.epoch), number("serial", event.serial),
       number("time_ms", static_cast<uint64_t>(event.unix_ms)), text("id", event.id),
       text("what", event.what), text("takeover", event.takeover), text("node", event.node),
       text("sn", event.service_node), text("text", event.text)});
  // A PUB socket drops for who does not read; the serial tells the subscriber.
  (void)socket_.send(bytes);
}

}  // namespace sn::coordinator
