// One agent without a node: the real session core (agent/core), a CURVE connection and key of its
// own, and an executor that only says what a real one would have said.
//
// It answers a Preflight with a whole plan and its probes (the target answers, the old service node
// stays silent for as long as it is given), a Rebind with Accepted and a verified outcome.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/session_core.h"
#include "common/base/clock.h"
#include "common/model/service_node.h"
#include "common/net/connection_watch.h"
#include "common/net/context.h"
#include "common/net/curve_keys.h"
#include "common/net/socket.h"
#include "common/wire/messages.h"

namespace sn::bench {

// What all agents of a process share, and what they count together.
struct World {
  const net::Context& context;
  const Directory& directory;
  std::string coordinator;
  std::string coordinator_key;  // CURVE
  std::string bound_to;         // every node, at first
  int64_t rebind_ms = 0;        // how long a node takes to rebind
  int epoll = -1;               // every agent's socket is in it, with the agent as its data

  uint64_t preflights = 0;
  uint64_t rebinds = 0;
  uint64_t outcomes = 0;
  int64_t first_rebind_us = 0;
  int64_t first_rebind_unix_ms = 0;
  int64_t last_outcome_us = 0;
  uint64_t rebind_bytes = 0;   // to the agents
  uint64_t outcome_bytes = 0;  // from them: Accepted and Outcome
  uint64_t reconnects = 0;
};

class SimulatedAgent {
 public:
  SimulatedAgent(std::string node, net::CurveKeys keys, World& world);

  // Connects and says hello.
  Status start();
  // Its sockets have something, or may have.
  Status on_readable();
  Status on_time(MonotonicTime now);
  [[nodiscard]] MonotonicTime next() const;
  [[nodiscard]] bool welcomed() const { return core_.welcomed(); }

  // Of the fleet it is one of: what it last knew of this agent.
  MonotonicTime scheduled{INT64_MAX};
  bool counted_welcomed = false;

 private:
  struct LateProbe {
    uint64_t id;
    MonotonicTime due;
  };
  struct LateOutcome {
    wire::OutcomeReport report;
    MonotonicTime due;
  };

  Status carry_out(const agent::SessionEffects& effects);
  Status connect(const std::string& endpoint);
  Status hear_connection();
  Status watch(const net::Socket& socket);
  Status say(const wire::ToCoordinator& message);
  Status execute(const wire::Verb& verb, const std::vector<agent::StartProbe>& probes);
  Status plan(const wire::PlanVerb& verb, const std::vector<agent::StartProbe>& probes);
  Status rebind(const wire::OrderVerb& verb, const wire::Rebind& asked);
  [[nodiscard]] wire::ExecutorState state() const;

  std::string node_;
  net::CurveKeys keys_;
  World& world_;
  agent::SessionCore core_;
  std::unique_ptr<net::Socket> socket_;
  std::optional<net::ConnectionWatch> watch_;
  std::string bound_to_;
  uint64_t generation_ = 0;
  std::string target_;
  std::vector<LateProbe> late_probes_;
  std::optional<LateOutcome> late_outcome_;
};

}  // namespace sn::bench
