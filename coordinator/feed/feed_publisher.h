// The status feed: a PUB socket, one frame an event, MessagePack maps (PROTOCOL.md section 7).
// Subscribers never slow the coordinator down: who does not read misses events, and sees that from
// the serials.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/net/context.h"
#include "common/net/socket.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

// "ipc://PATH", or "tcp://" on a loopback address: subscribers are not authenticated yet.
[[nodiscard]] Status check_feed_endpoint(const std::string& endpoint);

class FeedPublisher {
 public:
  // An ipc socket gets mode 0660 and `group`.
  static Result<FeedPublisher> open(const net::Context& context, const std::string& endpoint,
                                    std::optional<gid_t> group);

  void publish(const Event& event);

 private:
  explicit FeedPublisher(net::Socket socket) : socket_(std::move(socket)) {}
  net::Socket socket_;
};

}  // namespace sn::coordinator
