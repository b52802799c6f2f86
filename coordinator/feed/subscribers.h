// The connections of the feed's socket: how many there may be, what each may ask for, and that it
// reads. libzmq bounds none of it: each subscription is kept, and each event for a subscriber that
// does not read.
//
// A connection is a stranger's until a subscription came over it, which libzmq hands out only of
// who may subscribe. What is ended is a connection, not its peer: it connects again, and sees from
// the serials what it missed.
//
// Pure but for what it is given: time, and a look at a descriptor that libzmq owns. Used by the
// feed's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/net/outgoing.h"

namespace sn::coordinator {

// Dashboards and collectors of a site; who subscribes then comes again.
inline constexpr size_t kMostSubscribers = 64;
// Of one subscriber (a key's name, or a user of this machine): nobody takes all places.
inline constexpr size_t kMostOfSubscriber = 16;
// Of more the oldest goes.
inline constexpr size_t kMostFeedStrangers = 64;
// A CURVE handshake is a few messages.
inline constexpr int64_t kMostFeedStrange_ms = 10'000;
// Subscriptions and their ends: a subscriber asks for a few prefixes, once.
inline constexpr size_t kMostSubscriptions = 256;
// As kSlow_ms of the control socket: for one that does not read libzmq keeps up to
// kSendHighWater events.
inline constexpr int64_t kMostUnread_ms = 10'000;
inline constexpr int64_t kLookAtSubscribers_ms = 1'000;

class Subscribers {
 public:
  struct Sight {
    std::function<std::optional<net::Outgoing>(int descriptor)> outgoing;
    std::function<void(int descriptor)> end;
  };
  explicit Subscribers(Sight sight) : sight_(std::move(sight)) {}

  void accepted(int descriptor, MonotonicTime now);
  void closed(int descriptor) { connections_.erase(descriptor); }
  // A subscription, or its end, of `who` came over it; "": of nobody who may.
  void heard(int descriptor, const std::string& who);
  // It may subscribe no more.
  void end_all_of(const std::string& who);
  // Every kLookAtSubscribers_ms.
  void look(MonotonicTime now);

  // That were ended, ever.
  [[nodiscard]] uint64_t ended() const { return ended_; }

 private:
  struct Connection {
    uint64_t number = 0;  // the older the less
    MonotonicTime begun;
    std::string who = {};  // empty: a stranger
    size_t words = 0;
    net::Outgoing seen = {};
    MonotonicTime moved;  // when that was last seen to change, or nothing waited
    bool ended = false;   // by us; libzmq says when it is gone
  };

  void end(int descriptor, Connection& connection);
  // That count.
  [[nodiscard]] size_t count_of(const std::function<bool(const Connection&)>& is_one) const;

  Sight sight_;
  std::map<int, Connection> connections_;
  uint64_t last_number_ = 0;
  uint64_t ended_ = 0;
};

}  // namespace sn::coordinator
