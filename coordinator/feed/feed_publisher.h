// The status feed: a ZeroMQ socket to subscribe at, one frame an event, MessagePack maps
// (PROTOCOL.md section 7). Subscribers never slow the coordinator down: who does not read misses
// events, and sees that from the serials.
//
// Who may subscribe: at "ipc://PATH" the groups that the control socket is opened to; over
// "tcp://..." the keys that a person named (CURVE, with the coordinator's key as the server's). It
// has a ZeroMQ context of its own: nobody who connects here has anything to do with what agents
// connect to. Used by the daemon's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/net/context.h"
#include "common/net/curve_keys.h"
#include "common/net/socket.h"
#include "common/net/socket_monitor.h"
#include "common/net/zap_handler.h"
#include "coordinator/control/groups.h"
#include "coordinator/core/commands.h"
#include "coordinator/feed/subscribers.h"

namespace sn::coordinator {

class FeedPublisher {
 public:
  // Public keys in Z85, and the subscriber of each.
  using NameOfKey = std::map<std::string, std::string>;

  // `endpoint`: as sncoordd.toml has it. `admitted`: over TCP; libzmq does not try again where its
  // key was refused, so whoever comes back at once after a restart must be known at once.
  static Result<std::unique_ptr<FeedPublisher>> open(const std::string& endpoint,
                                                     const Groups& groups,
                                                     const net::CurveKeys& keys,
                                                     NameOfKey admitted);
  FeedPublisher(const FeedPublisher&) = delete;
  FeedPublisher& operator=(const FeedPublisher&) = delete;
  ~FeedPublisher() = default;

  void publish(const Event& event);
  // From now on these may subscribe over TCP, and no others; what others have of connections ends.
  void admit(NameOfKey keys);

  // Either is readable: hear().
  [[nodiscard]] const net::Socket& socket() const { return socket_; }
  [[nodiscard]] const net::Socket& connections_socket() const { return monitor_.socket(); }
  void hear();
  // Every kLookAtSubscribers_ms.
  void look(MonotonicTime now);
  [[nodiscard]] const Subscribers& subscribers() const { return subscribers_; }
  [[nodiscard]] std::string endpoint() const { return socket_.last_endpoint(); }

 private:
  FeedPublisher(net::Context context, std::optional<net::ZapHandler> zap, net::Socket socket,
                net::SocketMonitor monitor);
  void learn_of_connections();
  [[nodiscard]] std::string who(const net::Received& received) const;

  // Ends in the opposite order.
  net::Context context_;
  std::optional<net::ZapHandler> zap_;  // over TCP
  net::Socket socket_;
  net::SocketMonitor monitor_;
  NameOfKey names_;
  Subscribers subscribers_;
};

}  // namespace sn::coordinator
