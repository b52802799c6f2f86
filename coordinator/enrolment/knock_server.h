// Where nodes without a key knock (common/enrolment/knock_frames.h): one more port beside the
// agents', of the coordinator itself and no other machine. A connection says one thing, is answered
// and ends.
//
// Nobody is known here, so everything has a limit: connections in all and of one source, how often
// a source may come, how long it may take, how much it may say. Ports below 1024 have places and
// limits of their own, since a user of a node can't take those. When places are out, the oldest
// that has had time for its knock and did not say it gives its place up; where all are quick, who
// comes from a port below 1024 waits in the kernel's queue, and anybody else comes again.
//
// Owned and used by the daemon's one thread; nothing here blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/bucket.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/model/address.h"
#include "common/net/curve_keys.h"
#include "common/net/reactor.h"
#include "common/net/tcp_peer.h"
#include "coordinator/core/knock.h"

namespace sn::coordinator {

// Of each, ports below 1024 and others: some 300 bytes here and a socket. 1,000 nodes that boot at
// once wait in the kernel's queue for their turn.
inline constexpr size_t kMostKnocking = 256;
// A source is an address, or an IPv6 network of 64 bits.
inline constexpr size_t kMostKnockingOfSource = 4;
// A forwarder brings its network's nodes, and an IPv6 network has as many.
inline constexpr size_t kMostKnockingOfMany = 64;
inline constexpr int64_t kKnockSaid_ms = 2'000;
// A node says it as soon as it is greeted: a round trip, also through a forwarder.
inline constexpr int64_t kKnockPatience_ms = 200;
// The core's answer: the site's command has ten seconds and the old key's node three.
inline constexpr int64_t kKnockAnswered_ms = 15'000;
// A node knocks some ten times at its start and twice a minute later.
inline constexpr double kKnocksBurst = 20;
inline constexpr double kKnocksPerSecond = 0.5;
inline constexpr double kKnocksBurstOfMany = 4'000;
inline constexpr double kKnocksPerSecondOfMany = 1'000;
inline constexpr size_t kMostKnockersCounted = 4'096;
// Each knock is opened by two multiplications on the curve (140 us): a quarter of the thread's
// time.
inline constexpr size_t kMostOpened = 16;
inline constexpr int64_t kOpened_ms = 10;

class KnockServer {
 public:
  using Heard = std::function<void(const Knocked& knocked)>;

  // `listen`: the agents' endpoints ("tcp://10.1.0.1:7400", "tcp://*:7400"), of which the hosts
  // count. `keys` and `reactor` stay.
  static Result<std::unique_ptr<KnockServer>> open(net::Reactor& reactor,
                                                   const net::CurveKeys& keys,
                                                   const std::vector<std::string>& listen,
                                                   uint16_t port, std::set<IpAddress> forwarders,
                                                   Heard heard);
  ~KnockServer();
  KnockServer(const KnockServer&) = delete;
  KnockServer& operator=(const KnockServer&) = delete;

  // Whose request it was may be gone.
  void answer(uint64_t request, const std::string& public_key, const wire::KnockAnswer& answer);

  // The port of the first address, for whoever asked for 0.
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] size_t size() const { return connections_.size(); }

 private:
  struct Listener {
    UniqueFd fd;
    net::Reactor::Watch watch;
  };
  struct Connection {
    UniqueFd fd;
    net::TcpPeer peer;
    std::string challenge;
    MonotonicTime greeted;
    std::string said;
    bool whole = false;  // it has said its knock
    net::Reactor::Watch watch;
    net::Reactor::Alarm alarm;
  };
  struct Source {
    IpAddress network;
    bool of_root = false;  // a port below 1024
    auto operator<=>(const Source&) const = default;
  };

  KnockServer(net::Reactor& reactor, const net::CurveKeys& keys, std::set<IpAddress> forwarders,
              Heard heard);
  [[nodiscard]] Status listen_on(const IpAddress& address, uint16_t port);
  void accept_from(int listener);
  void stop_accepting(UniqueFd fd, const net::TcpPeer& peer);
  void go_on_accepting();
  void greet(UniqueFd fd, const net::TcpPeer& peer);
  void hear(uint64_t request);
  void take_knock(uint64_t request, Connection& connection);
  void end(uint64_t request);
  [[nodiscard]] static Source source_of(const net::TcpPeer& peer);
  [[nodiscard]] bool is_many(const Source& source) const;
  [[nodiscard]] bool may_knock(const Source& source);
  // The places of one source.
  [[nodiscard]] bool has_all(const Source& source) const;
  // false: all have knocked, or were greeted just now.
  [[nodiscard]] bool make_room(const Source& source);
  [[nodiscard]] bool end_oldest(const std::function<bool(const Source&)>& is);
  // As many of those that wait as there is time for.
  void open_waiting();

  net::Reactor& reactor_;
  const net::CurveKeys& keys_;
  const std::set<IpAddress> forwarders_;
  Heard heard_;
  std::vector<Listener> listeners_;
  std::map<uint64_t, Connection> connections_;
  std::map<Source, size_t> of_source_;
  std::map<bool, size_t> of_class_;  // by of_root
  std::map<Source, Bucket> rates_;
  struct Opening {
    std::deque<uint64_t> waiting;  // whose knock is whole
    size_t opened = 0;             // since
  };
  std::map<bool, Opening> openings_;  // by of_root
  net::Reactor::Alarm open_more_;
  // One that has no place yet, while nobody is accepted.
  struct Parked {
    UniqueFd fd;
    net::TcpPeer peer;
  };
  std::optional<Parked> parked_;
  net::Reactor::Alarm accept_more_;
  MonotonicTime opened_since_;
  uint64_t last_request_ = 0;
  uint16_t port_ = 0;
};

}  // namespace sn::coordinator
