// What the core wants done, as plain values for its shell. The order within a batch is the order in
// which things are said; every Store of the batch is committed before any of it (store/batches.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/model/service_node.h"
#include "common/wire/messages.h"
#include "coordinator/core/commands.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

// The routing id of one connection: opaque bytes, random per agent process.
using ConnectionId = std::string;

// What must be known of the coordinator before an effect may leave it, since another one may have
// taken its place (store/engine.h); each kind of effect says so itself, as kNeeds.
enum class Needs : uint8_t {
  nothing,      // it is this process's own affair
  to_have_led,  // it is harmless; whoever was the leader a moment ago may do it
  to_lead,      // it changes a node, or somebody relies on it
};

struct Store {
  static constexpr Needs kNeeds = Needs::to_lead;
  StoreChange change;
};
// To a node, and changes nothing there.
struct Send {
  static constexpr Needs kNeeds = Needs::to_have_led;
  ConnectionId connection;
  wire::ToAgent message;
};
// To a node, and changes it. The shell signs it when it is sent; orders that stand together in a
// batch have one signature.
struct Order {
  static constexpr Needs kNeeds = Needs::to_lead;
  ConnectionId connection;
  wire::Order order;
};
// From now on ZAP lets in these public keys, each of a node, and no other one.
struct Admit {
  static constexpr Needs kNeeds = Needs::to_lead;
  std::map<std::string, std::string> keys;
};
// And this one, too.
struct AdmitOne {
  static constexpr Needs kNeeds = Needs::to_lead;
  std::string public_key;
  std::string node;
};
// And this one no more; what it has of connections ends.
struct Retire {
  static constexpr Needs kNeeds = Needs::to_lead;
  std::string public_key;
};
// From now on these may subscribe over TCP, each a subscriber's, and no others.
struct AdmitSubscribers {
  static constexpr Needs kNeeds = Needs::to_lead;
  std::map<std::string, std::string> keys;
};
// To a node that knocks; the shell closes the exchange.
struct AnswerKnock {
  static constexpr Needs kNeeds = Needs::to_lead;
  uint64_t request = 0;
  std::string public_key;  // of the one that knocks
  wire::KnockAnswer answer;
};
// Let the site's command ask a node for its key; answer with Core::on_node_key, within kAskNode_ms.
inline constexpr int64_t kAskNode_ms = 10'000;
struct AskNode {
  static constexpr Needs kNeeds = Needs::to_have_led;
  uint64_t request = 0;  // of the knock
  std::string node;
  std::string via;  // a service node that lives, for a way to it; empty: none is known to
};
struct Reply {
  static constexpr Needs kNeeds = Needs::to_lead;
  ClientId client = 0;
  Answer answer;
  bool last = true;  // the shell closes the exchange
};
struct Publish {
  static constexpr Needs kNeeds = Needs::to_have_led;
  Event event;
};
// A management processor may think for seconds.
inline constexpr uint32_t kPowerMs = 8'000;
enum class Power : uint8_t {
  unknown,  // it could not be asked, or did not say
  on,
  off,
};

// Look at a service node; answer with Core::on_probe.
struct Probe {
  static constexpr Needs kNeeds = Needs::to_have_led;
  uint64_t request = 0;
  std::string service_node;
  std::vector<std::string> addresses;  // numeric
  std::vector<ServicePort> services;   // the first that answers ends it; none: its kernel only
  uint32_t deadline_ms = 0;
};
// With all that the service node can be asked.
[[nodiscard]] Probe look_at(uint64_t request, const ServiceNode& service_node,
                            uint32_t deadline_ms);
// Ask the site whether a service node has power (DaemonConfig::power_status); answer with
// Core::on_power, within kPowerMs.
struct AskPower {
  static constexpr Needs kNeeds = Needs::to_have_led;
  uint64_t request = 0;
  std::string service_node;
};
// Ask an NFS server by RPC NULL; answer with Core::on_ping.
struct Ping {
  static constexpr Needs kNeeds = Needs::to_have_led;
  uint64_t request = 0;
  std::string address;  // numeric
  uint16_t port = 0;
  uint32_t deadline_ms = 0;
};
// Read a takeover from the files; answer with Core::on_filed.
struct ReadFiled {
  static constexpr Needs kNeeds = Needs::nothing;
  ClientId client = 0;
  uint64_t takeover = 0;
};
using Effect = std::variant<Store, Send, Order, Admit, AdmitOne, Retire, AnswerKnock, AskNode,
                            Reply, Publish, Probe, Ping, AskPower, ReadFiled, AdmitSubscribers>;
using Effects = std::vector<Effect>;

struct Now {
  MonotonicTime monotonic;
  WallTime wall;
};

}  // namespace sn::coordinator
