// What the core wants done, as plain values for its shell. The order within a batch is the order in
// which things are said; every Store of the batch is committed before any of it.
#pragma once

#include <cstdint>
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

struct Store {
  StoreChange change;
};
struct Send {
  ConnectionId connection;
  wire::ToAgent message;
};
struct Reply {
  ClientId client = 0;
  Answer answer;
  bool last = true;  // the shell closes the exchange
};
struct Publish {
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
  uint64_t request = 0;
  std::string service_node;
};
// Ask an NFS server by RPC NULL; answer with Core::on_ping.
struct Ping {
  uint64_t request = 0;
  std::string address;  // numeric
  uint16_t port = 0;
  uint32_t deadline_ms = 0;
};
using Effect = std::variant<Store, Send, Reply, Publish, Probe, Ping, AskPower>;
using Effects = std::vector<Effect>;

struct Now {
  MonotonicTime monotonic;
  WallTime wall;
};

}  // namespace sn::coordinator
