// The connections of the feed's socket: how many there may be, what each may say, and that it
// reads. libzmq bounds none of it: each subscription is kept, each event for a subscriber that does
// not read, and a message that never ends.
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
#include <utility>

#include "common/base/clock.h"
#include "common/net/outgoing.h"

namespace sn::coordinator {

// Dashboards and collectors of a site; who subscribes then comes again. All but root on this
// machine leave a quarter.
inline constexpr size_t kMostSubscribers = 64;
inline constexpr size_t kMostOtherSubscribers = 48;
// Of one subscriber (a key's name, or a user of this machine but root): nobody takes all places.
inline constexpr size_t kMostOfSubscriber = 16;
// Of more the oldest goes, of the address (or user) that has the most.
inline constexpr size_t kMostFeedStrangers = 64;
// A CURVE handshake is a few messages.
inline constexpr int64_t kMostFeedStrange_ms = 10'000;
// Subscriptions and their ends over one connection: a subscriber asks for a few prefixes, once.
// libzmq keeps 32 bytes for each character of one, and walks them all when anybody goes.
inline constexpr size_t kMostSubscriptions = 16;
// What comes over one connection: a handshake and these, and then heartbeats, if it sends any.
inline constexpr uint64_t kMostSaid = 64 * 1024;
inline constexpr uint64_t kMostSaidPerSecond = 64;
// The kernel counts no bytes of a UNIX socket: when memory has grown by this, the connections of
// all users of this machine but root end. A takeover of 9,000 nodes takes a fifth of it.
inline constexpr uint64_t kMostFeedGrowth = 256 * 1024 * 1024;
// For one that does not read libzmq keeps up to kSendHighWater events. On a UNIX socket what is
// read shows only in steps of some 40 of them.
inline constexpr int64_t kMostUnread_ms = 30'000;
inline constexpr int64_t kLookAtSubscribers_ms = 1'000;

inline constexpr const char* kRootOfThisMachine = "uid 0";

class Subscribers {
 public:
  struct Sight {
    // An address, or a user of this machine as "uid 1000"; "": it is gone.
    std::function<std::string(int descriptor)> from;
    std::function<std::optional<net::Outgoing>(int descriptor)> outgoing;
    // Bytes that came; nullopt: nobody counts them.
    std::function<std::optional<uint64_t>(int descriptor)> said;
    std::function<uint64_t()> memory;
    std::function<void(int descriptor)> end;
  };
  explicit Subscribers(Sight sight) : sight_(std::move(sight)) {}

  void accepted(int descriptor, MonotonicTime now);
  void closed(int descriptor) { connections_.erase(descriptor); }
  // A subscription, or its end, of `who` came over it; "": of nobody who may. -1: libzmq does not
  // say over which (an old ZMTP), and who has not said who it is has to say it again.
  void heard(int descriptor, const std::string& who);
  // After what was there was heard: those that are too many go.
  void trim();
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
    std::string from = {};
    std::string who = {};  // empty: a stranger
    size_t words = 0;
    net::Outgoing seen = {};
    MonotonicTime moved;  // when that was last seen to change, or nothing waited
    bool ended = false;   // by us; libzmq says when it is gone
  };
  using Which = std::function<bool(const Connection&)>;

  void end(int descriptor, Connection& connection);
  void end_each(const Which& is_one);
  [[nodiscard]] size_t count_of(const Which& is_one) const;
  [[nodiscard]] bool has_place(const Connection& connection, const std::string& who) const;
  void look_at(int descriptor, Connection& connection, MonotonicTime now);

  Sight sight_;
  std::map<int, Connection> connections_;
  uint64_t last_number_ = 0;
  uint64_t memory_ = 0;  // the least since somebody was last ended for it
  uint64_t ended_ = 0;
};

}  // namespace sn::coordinator
