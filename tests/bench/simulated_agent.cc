#include "tests/bench/simulated_agent.h"

#include <sys/epoll.h>

#include <algorithm>
#include <functional>
#include <zmq.hpp>

#include "common/orders/signed_orders.h"
#include "common/wire/codec.h"
#include "common/wire/parts.h"
#include "tests/bench/realistic.h"

namespace sn::bench {

namespace {

agent::SessionConfig session_config(const std::string& node, const World& world) {
  agent::SessionConfig config;
  config.node = node;
  config.version = "bench";
  config.boot_id = "9f4c2a64-3e0d-4b8a-8a55-0d5c1f0e6b21";
  config.instance = std::to_string(std::hash<std::string>{}(node));
  config.endpoints = {world.coordinator};
  config.seed = std::hash<std::string>{}(node);
  config.confined = true;
  return config;
}

}  // namespace

SimulatedAgent::SimulatedAgent(std::string node, net::CurveKeys keys, World& world)
    : node_(std::move(node)),
      keys_(std::move(keys)),
      world_(world),
      core_(session_config(node_, world)),
      bound_to_(world.bound_to) {}

wire::ExecutorState SimulatedAgent::state() const {
  wire::ExecutorState state;
  state.mode = "act";
  state.generation = generation_;
  state.generation_target = target_;
  state.directory_digest = world_.directory.digest();
  state.bindings = {{bound_to_, kReferences}};
  return state;
}

Status SimulatedAgent::start() {
  wire::ProbeTargets targets;
  for (const auto& node : world_.directory.service_nodes) {
    targets.targets.push_back(
        {node.name, node.addresses.front().address.to_string(), node.services});
  }
  if (auto status = carry_out(core_.on_executor(targets, monotonic_now())); !status) return status;
  if (auto status = carry_out(core_.on_executor(state(), monotonic_now())); !status) return status;
  return on_readable();
}

// ZMQ_FD is edge-triggered: what comes while something is sent shows no second time, so this ends
// only when a receive finds nothing after the last send.
Status SimulatedAgent::on_readable() {
  if (auto status = hear_connection(); !status) return status;
  while (socket_) {
    auto received = socket_->receive();
    if (!received) return tl::unexpected(received.error());
    if (!*received) return {};
    auto message = wire::decode<wire::ToAgent>((*received)->bytes);
    if (!message) return tl::unexpected(message.error());
    if (std::holds_alternative<wire::SignedOrder>(*message)) {
      if (world_.rebinds++ == 0) {
        world_.first_rebind_us = monotonic_us();
        world_.first_rebind_unix_ms = wall_now().unix_ms;
      }
      world_.rebind_bytes += (*received)->bytes.size();
    }
    if (auto status = carry_out(core_.on_coordinator(*message, monotonic_now())); !status) {
      return status;
    }
  }
  return {};
}

// As agent/session/session.cc does it.
Status SimulatedAgent::hear_connection() {
  if (!watch_) return {};
  switch (watch_->news()) {
    case net::ConnectionWatch::News::none:
      return {};
    case net::ConnectionWatch::News::connected:
      return carry_out(core_.on_connected(monotonic_now()));
    case net::ConnectionWatch::News::lost:
      return carry_out(core_.on_connection_lost(monotonic_now()));
    case net::ConnectionWatch::News::refused:
      return carry_out(core_.on_key_refused(monotonic_now()));
  }
  return {};
}

Status SimulatedAgent::watch(const net::Socket& socket) {
  epoll_event event{EPOLLIN, {this}};
  if (epoll_ctl(world_.epoll, EPOLL_CTL_ADD, socket.get().get(zmq::sockopt::fd), &event) != 0) {
    return fail_errno("watching", node_);
  }
  return {};
}

MonotonicTime SimulatedAgent::next() const {
  MonotonicTime next = core_.next_tick();
  for (const auto& probe : late_probes_) next = std::min(next, probe.due);
  if (late_outcome_) next = std::min(next, late_outcome_->due);
  return next;
}

Status SimulatedAgent::on_time(MonotonicTime now) {
  if (now < next()) return {};
  std::vector<LateProbe> due;
  std::erase_if(late_probes_, [&](const LateProbe& probe) {
    if (now < probe.due) return false;
    due.push_back(probe);
    return true;
  });
  for (const auto& probe : due) {
    const auto effects =
        core_.on_probe(probe.id, {Life::silent, "", "silent on 11 ports for 1000 ms", {}}, now);
    if (auto status = carry_out(effects); !status) return status;
  }
  if (late_outcome_ && late_outcome_->due <= now) {
    const wire::OutcomeReport report = std::move(late_outcome_->report);
    late_outcome_.reset();
    bound_to_ = report.outcome.to;
    (void)core_.on_executor(state(), now);  // to be in the next hello; nothing follows now
    if (auto status = carry_out(core_.on_executor(report, now)); !status) return status;
    ++world_.outcomes;
    world_.last_outcome_us = monotonic_us();
  }
  if (auto status = carry_out(core_.tick(now)); !status) return status;
  return on_readable();
}

Status SimulatedAgent::carry_out(const agent::SessionEffects& effects) {
  std::vector<agent::StartProbe> probes;
  for (const auto& effect : effects) {
    Status status;
    if (const auto* connection = std::get_if<agent::Connect>(&effect)) {
      status = connect(connection->endpoint);
    } else if (const auto* out = std::get_if<agent::ToCoordinator>(&effect)) {
      status = say(out->message);
    } else if (const auto* probe = std::get_if<agent::StartProbe>(&effect)) {
      probes.push_back(*probe);  // the verb that says which of them is silent follows
    } else if (const auto* verb = std::get_if<agent::ToExecutor>(&effect)) {
      status = execute(verb->message, probes);
    }
    if (!status) return status;
  }
  return {};
}

// As agent/session/session.cc does it.
Status SimulatedAgent::connect(const std::string& endpoint) {
  if (socket_) ++world_.reconnects;
  watch_.reset();
  socket_.reset();
  net::SocketOptions options;
  options.send_high_water = 256;
  options.receive_high_water = 256;
  options.max_message_bytes = static_cast<int64_t>(wire::kMaxOnWireBytes);
  options.handshake_ms = 30'000;
  options.reconnect_ms = 200;
  options.reconnect_max_ms = 2'000;
  options.keepalive_s = 5;
  options.curve = &keys_;
  options.curve_server_key = world_.coordinator_key;
  auto socket = net::Socket::open(world_.context, net::SocketType::dealer, options);
  if (!socket) return tl::unexpected(socket.error());
  auto events = net::ConnectionWatch::open(world_.context, *socket);
  if (!events) return tl::unexpected(events.error());
  if (auto status = socket->connect(endpoint); !status) return status;
  socket_ = std::make_unique<net::Socket>(std::move(*socket));
  watch_.emplace(std::move(*events));
  if (auto status = watch(watch_->socket()); !status) return status;
  return watch(*socket_);
}

Status SimulatedAgent::say(const wire::ToCoordinator& message) {
  const std::string bytes = wire::encode(message);
  if (std::holds_alternative<wire::Accepted>(message) ||
      std::holds_alternative<wire::OutcomeReport>(message)) {
    world_.outcome_bytes += bytes.size();
  }
  return socket_->send(bytes);
}

Status SimulatedAgent::execute(const wire::Verb& verb,
                               const std::vector<agent::StartProbe>& probes) {
  if (const auto* plan_verb = std::get_if<wire::PlanVerb>(&verb)) return plan(*plan_verb, probes);
  if (const auto* order = std::get_if<wire::OrderVerb>(&verb)) {
    const auto says = orders::content_of(order->order);
    if (!says) return tl::unexpected(says.error());
    if (const auto* asked = std::get_if<wire::Rebind>(&says->what)) return rebind(*order, *asked);
  }
  return {};
}

Status SimulatedAgent::plan(const wire::PlanVerb& verb,
                            const std::vector<agent::StartProbe>& probes) {
  ++world_.preflights;
  const MonotonicTime now = monotonic_now();
  const ServiceNode* from = world_.directory.find(verb.from.front());
  const ServiceNode* to = world_.directory.find(verb.to);
  if (from == nullptr || to == nullptr) {
    return fail(ErrorClass::invalid_input, "planning", node_, "an unknown service node is named");
  }
  for (const auto& probe : probes) {
    if (probe.address != to->addresses.front().address.to_string()) {
      late_probes_.push_back({probe.id, now + int64_t{probe.deadline_ms}});
      continue;
    }
    const auto effects =
        core_.on_probe(probe.id, {Life::serves, "", probe.address + ":22 connected", {}}, now);
    if (auto status = carry_out(effects); !status) return status;
  }
  return carry_out(
      core_.on_executor(wire::PlanReply{verb.request, realistic_plan(*from, *to)}, now));
}

// That it is signed is judged by an executor, of which there is none.
Status SimulatedAgent::rebind(const wire::OrderVerb& verb, const wire::Rebind& asked) {
  const ServiceNode* from = world_.directory.find(asked.from.front());
  const ServiceNode* to = world_.directory.find(asked.to);
  if (from == nullptr || to == nullptr || asked.node != node_ || asked.generation < generation_) {
    return fail(ErrorClass::invalid_input, "rebinding", node_, "not what this agent can do");
  }
  const MonotonicTime now = monotonic_now();
  generation_ = asked.generation;
  target_ = asked.to;
  const auto tell = [&](const wire::ToSession& message) {
    return carry_out(core_.on_executor(message, now));
  };
  if (auto status = tell(wire::RebindReply{verb.request, true, {}}); !status) return status;
  if (auto status = tell(wire::Progress{asked.takeover, asked.generation, "observe", 0, 0});
      !status) {
    return status;
  }
  auto outcome = realistic_outcome(asked, *from, *to);
  // As agent/executor/rebind.cc: it did what it had planned.
  outcome.as_planned =
      asked.kept_lines == outcome.changes.size() && outcome.plan_hash == asked.plan_hash;
  outcome.planned_findings = static_cast<uint32_t>(outcome.findings.size());
  late_outcome_ =
      LateOutcome{{std::move(outcome), {{asked.to, kReferences}}}, now + world_.rebind_ms};
  return world_.rebind_ms == 0 ? on_time(now) : Status{};
}

}  // namespace sn::bench
