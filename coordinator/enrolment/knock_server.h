// Where nodes without a key knock (common/enrolment/knock_frames.h): one more port beside the
// agents', of the coordinator itself and no other machine. A connection says one thing, is answered
// and ends.
//
// Nobody is known here, so everything has a limit: connections in all and of one address, how often
// an address may come, how long it may take, how much it may say. What is refused knocks again.
//
// Owned and used by the daemon's one thread; nothing here blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/model/address.h"
#include "common/net/curve_keys.h"
#include "common/net/reactor.h"
#include "common/net/tcp_peer.h"
#include "coordinator/core/knock.h"

namespace sn::coordinator {

// Of each: some 300 bytes here and a socket. 1,000 nodes that boot at once wait in the kernel's
// queue for their turn.
inline constexpr size_t kMostKnocking = 256;
inline constexpr size_t kMostKnockingOfAddress = 4;
// A forwarder brings its network's nodes.
inline constexpr size_t kMostKnockingOfForwarder = 64;
// A node says its knock as soon as it has the greeting.
inline constexpr int64_t kKnockSaid_ms = 2'000;
// The core takes three seconds at most; then the answer goes out.
inline constexpr int64_t kKnockAnswered_ms = 5'000;
// Each knock is opened by one multiplication on the curve (70 us), and a node knocks some ten times
// at its start and twice a minute later.
inline constexpr double kKnocksBurst = 20;
inline constexpr double kKnocksPerSecond = 0.5;
inline constexpr double kKnocksBurstOfForwarder = 2'000;
inline constexpr double kKnocksPerSecondOfForwarder = 100;
inline constexpr size_t kMostKnockersCounted = 4'096;

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
    std::string said;
    bool asked = false;  // the core has it
    net::Reactor::Watch watch;
    net::Reactor::Alarm alarm;
  };
  struct Rate {
    double left = 0;
    MonotonicTime filled;
  };

  KnockServer(net::Reactor& reactor, const net::CurveKeys& keys, std::set<IpAddress> forwarders,
              Heard heard);
  [[nodiscard]] Status listen_on(const IpAddress& address, uint16_t port);
  void accept_from(int listener);
  void greet(UniqueFd fd, const net::TcpPeer& peer);
  void hear(uint64_t request);
  void take_knock(uint64_t request, Connection& connection, std::string_view frame);
  void end(uint64_t request);
  [[nodiscard]] bool may_knock(const IpAddress& address);
  void listen_if_room();

  net::Reactor& reactor_;
  const net::CurveKeys& keys_;
  const std::set<IpAddress> forwarders_;
  Heard heard_;
  std::vector<Listener> listeners_;
  std::map<uint64_t, Connection> connections_;
  std::map<IpAddress, size_t> of_address_;
  std::map<IpAddress, Rate> rates_;
  uint64_t last_request_ = 0;
  uint16_t port_ = 0;
};

}  // namespace sn::coordinator
