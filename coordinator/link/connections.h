// The TCP connections of the agents' port, from the moment they stand: libzmq bounds neither how
// many there are nor what one without a key keeps for half a minute.
//
// A connection is a stranger's until a message came over it, which libzmq hands out only of a key
// that it was told. A stranger that says nothing when it is its turn is ended; so is, when there
// are too many of an address, the oldest that keeps us waiting, and of all the oldest of the
// network with the most. A node has few connections, and what it says has an end. Ended is a
// connection, not its peer: an agent connects again.
//
// Pure but for what it is given: time, and a look at a descriptor that libzmq owns. Used by the
// link's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/base/bucket.h"
#include "common/base/clock.h"
#include "common/model/address.h"
#include "common/net/tcp_peer.h"

namespace sn::coordinator {

// Of a peer whose turn it is: the next step of a handshake is computed in a millisecond. libzmq's
// own limit counts from the beginning, and ends those who only wait in a queue of thousands.
inline constexpr int64_t kMostSilence_ms = 5'000;
// A ZMTP greeting is 64 bytes, a CURVE HELLO 202, an INITIATE that names its socket's type 288 at
// least (RFC 23, RFC 26): who said all that waits for us.
inline constexpr uint64_t kHandshakeBytes = 64 + 202 + 288;
// And what has not said its first word by then is ended whatever it sent: 9,000 agents at once need
// half of it.
inline constexpr int64_t kMostStrange_ms = 60'000;
// A node has one agent with one connection, and another one while it restarts. Beyond that the
// oldest that has kept us waiting this long goes: never one of the many that come through a
// forwarder.
inline constexpr size_t kMostStrangersOfAddress = 64;
inline constexpr int64_t kPatience_ms = 1'000;
// What one address may begin: a handshake costs libzmq's thread half a millisecond. All nodes
// behind a forwarder that nobody named come at once after a restart.
inline constexpr double kBegunBurst = 2'000;
inline constexpr double kBegunPerSecond = 100;
// Addresses of which that is counted; those that began little go when there are more.
inline constexpr size_t kMostCounted = 4'096;
// A fleet that comes back at once is all strangers.
inline constexpr size_t kMostStrangers = 16'384;
inline constexpr size_t kMostConnectionsOfNode = 4;
// What came since the last whole message. The largest message comes in frames of 64 KiB, each of
// which counts as one; libzmq keeps up to 16 of these, and the kernel up to the last number
// of tcp_rmem: 6 MiB, on some 32.
inline constexpr uint64_t kMostUnfinished = 8 * 1024 * 1024;
// A stranger's: its first word is a hello, one frame, and it waits for the answer.
inline constexpr uint64_t kMostUnfinishedOfStranger = 256 * 1024;
// Every connection is looked at every ten seconds, a part of them at each step; all of them at once
// when memory has grown by this since: somebody's message may be what grows.
inline constexpr uint64_t kMostGrowth = 16 * 1024 * 1024;
inline constexpr int64_t kLook_ms = 100;
inline constexpr size_t kLooksOfRound = 100;
// Strangers, at each step: some milliseconds.
inline constexpr size_t kMostLooks = 2'048;

class Connections {
 public:
  struct Sight {
    std::function<std::optional<net::TcpPeer>(int descriptor)> peer;
    std::function<std::optional<net::TcpProgress>(int descriptor)> progress;
    std::function<void(int descriptor)> end;  // its peer is as it was a moment ago
    std::function<uint64_t()> memory;         // bytes that this process has
  };
  // `most`: descriptors that all connections together may take.
  Connections(Sight sight, size_t most) : sight_(std::move(sight)), most_(most) {}

  // Addresses that many nodes come from: no limits of an address for them, and for our own.
  void set_forwarders(std::set<IpAddress> addresses) { forwarders_ = std::move(addresses); }

  void accepted(int descriptor, MonotonicTime now);
  void closed(int descriptor);
  enum class Heard { unknown, first, again };
  // A whole message of `node` came from that address over it. unknown: that connection is not known
  // yet, or its descriptor is another's by now.
  Heard heard(int descriptor, const std::string& node, const IpAddress& from);
  // Its key is retired.
  void end_all_of(const std::string& node);
  // Every kLook_ms.
  void look(MonotonicTime now);
  // Of those that began so long ago nobody is there that was never heard: whatever else there was
  // is closed.
  [[nodiscard]] bool all_heard(int64_t since_ms, MonotonicTime now) const;

  enum class Cause { silent, too_many, of_node, retired, endless };
  struct Ended {
    std::map<Cause, uint64_t> counts;
    IpAddress last;  // where it came from
  };
  // Since the last call.
  [[nodiscard]] Ended take_ended() { return std::exchange(ended_, {}); }

  [[nodiscard]] size_t size() const { return connections_.size(); }
  [[nodiscard]] size_t strangers() const { return strangers_.size(); }

 private:
  struct Connection {
    net::TcpPeer peer;
    uint64_t number = 0;  // the older the less
    MonotonicTime begun;
    std::string node;       // empty: a stranger's
    bool heard = false;     // a message, since it was looked at
    uint64_t received = 0;  // bytes when a message was last known to have come
    bool ended = false;     // by us; libzmq says when it is gone
  };

  void end(int descriptor, Cause cause);
  void forget_node(int descriptor, Connection& connection);
  // false: this address began too many.
  [[nodiscard]] bool may_begin(const IpAddress& address, MonotonicTime now);
  // nullopt: it is gone.
  [[nodiscard]] std::optional<int64_t> kept_waiting_ms(int descriptor) const;
  void end_waited_for(const IpAddress& address);
  void end_oldest_of_most();
  void no_stranger(const Connection& connection);
  void look_at_strangers(MonotonicTime now);
  void look_at_share(size_t count);

  Sight sight_;
  size_t most_;
  std::set<IpAddress> forwarders_;
  std::map<int, Connection> connections_;
  std::map<uint64_t, int> strangers_;                     // by age: descriptors
  std::map<IpAddress, std::set<uint64_t>> strangers_of_;  // address -> their numbers
  std::map<IpAddress, std::set<uint64_t>> strangers_in_;  // the same by network
  std::map<IpAddress, Bucket> begun_;
  std::map<std::string, std::deque<int>> of_node_;  // the oldest first
  uint64_t last_number_ = 0;
  uint64_t looked_at_stranger_ = 0;  // the number of the last of the last step
  int looked_ = -1;                  // the last descriptor of the last step
  uint64_t memory_ = 0;              // when all had been looked at
  Ended ended_;
};

}  // namespace sn::coordinator
