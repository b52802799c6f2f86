#include "tests/sim/hostile_node.h"

#include <type_traits>
#include <utility>

#include "common/wire/plan_group.h"

namespace sn::sim {

using coordinator::State;

namespace {

constexpr size_t kMostRequests = 20;
constexpr uint64_t kImages = 3;  // as of the honest nodes' plans

}  // namespace

HostileNode::HostileNode(std::string name, std::vector<std::string> nodes,
                         std::vector<std::string> service_nodes, uint64_t seed)
    : name_(std::move(name)),
      nodes_(std::move(nodes)),
      service_nodes_(std::move(service_nodes)),
      random_(seed) {}

void HostileNode::hear(const wire::ToAgent& message) {
  std::visit(
      [this]<class Message>(const Message& heard) {
        if constexpr (requires { heard.request; }) {
          requests_.push_back(heard.request);
          if (requests_.size() > kMostRequests) requests_.erase(requests_.begin());
        }
      },
      message);
}

std::string HostileNode::some_name() {
  return random_.chance(800) ? name_ : random_.one_of(nodes_);
}

std::string HostileNode::some_service_node() {
  return random_.chance(900) ? random_.one_of(service_nodes_) : "SN9P";
}

std::string HostileNode::some_takeover(const State& known) {
  const uint64_t newest = known.takeovers.empty() ? 0 : known.takeovers.rbegin()->first;
  return sn::takeover_id(newest + 1 - random_.below(newest + 2));
}

uint64_t HostileNode::some_generation(const State& known) {
  const coordinator::NodeRecord* own = find_node(known, name_);
  switch (random_.below(7)) {
    case 0:
      return 0;
    case 1:
      return own == nullptr ? 1 : own->generation() + random_.below(3);
    case 2:
      return known.last_generation + random_.below(1'000);
    case 3:
      return known.last_generation + (uint64_t{1} << random_.below(62));
    case 4:
      return ~uint64_t{0} - random_.below(3);
    default:
      return own == nullptr ? 0 : own->generation();
  }
}

uint64_t HostileNode::some_request() {
  return random_.chance(800) ? random_.one_of(requests_) : random_.next();
}

std::vector<wire::Binding> HostileNode::some_bindings() {
  std::vector<wire::Binding> bindings;
  for (uint64_t left = random_.below(3); left > 0; --left) {
    bindings.push_back({some_service_node(), static_cast<uint32_t>(random_.below(12))});
  }
  return bindings;
}

std::vector<wire::Sighting> HostileNode::some_sightings() {
  std::vector<wire::Sighting> sightings;
  for (const auto& name : service_nodes_) {
    MachineSighting seen;
    seen.life = static_cast<Life>(random_.below(6));
    seen.evidence = "as he likes";
    sightings.push_back({name, std::move(seen)});
  }
  return sightings;
}

wire::Outcome HostileNode::some_outcome(const State& known) {
  wire::Outcome outcome;
  outcome.takeover = some_takeover(known);
  outcome.generation = some_generation(known);
  outcome.to = some_service_node();
  outcome.verdict = static_cast<Verdict>(random_.below(7));
  outcome.left = static_cast<uint32_t>(random_.below(3));
  outcome.as_planned = random_.chance(300);
  outcome.planned_findings = static_cast<uint32_t>(random_.below(3));
  outcome.plan_hash = random_.chance(500) ? "sim" : "another";
  return outcome;
}

wire::Quarantine HostileNode::some_quarantine() {
  if (random_.chance(500)) return {};
  return {Fact(FactCode::frozen_by, {.by = "him"}), {}};
}

wire::ServerSighting HostileNode::some_server() {
  return {"10.1.1.10" + std::to_string(1 + random_.below(3)),
          2049,
          some_service_node(),
          static_cast<ServerState>(random_.below(5)),
          random_.next() >> random_.below(63),
          "as he likes",
          "",
          static_cast<uint32_t>(random_.below(9)),
          random_.chance(500)};
}

NfsMount HostileNode::some_mount() {
  NfsMount mount;
  mount.place = "/m" + std::to_string(random_.below(5));
  mount.address = "10.1.1.10" + std::to_string(1 + random_.below(4));
  mount.owner = some_service_node();
  return mount;
}

wire::Hello HostileNode::hello(const State& known) {
  wire::Hello hello;
  if (random_.chance(50)) hello.protocol = static_cast<uint32_t>(random_.next());
  hello.node = some_name();
  hello.version = "his";
  hello.boot_id = "boot-" + std::to_string(random_.below(4));
  hello.instance = std::to_string(random_.next());
  hello.nonce = std::to_string(random_.below(4));
  hello.mode = random_.chance(900) ? "act" : "observe";
  hello.path = "tcp://10.1.1." + std::to_string(random_.below(256)) + ":7400";
  hello.generation = some_generation(known);
  hello.generation_target = some_service_node();
  hello.bindings = some_bindings();
  if (random_.chance(500)) hello.last = {some_outcome(known)};
  if (random_.chance(300)) hello.servers = {some_server()};
  if (random_.chance(200)) hello.quarantine = {some_quarantine()};
  return hello;
}

wire::Hello HostileNode::greet(const State& known) {
  wire::Hello greeting = hello(known);
  greeting.protocol = wire::kProtocolVersion;
  greeting.node = name_;
  return greeting;
}

wire::ToCoordinator HostileNode::say(const State& known) {
  switch (random_.below(15)) {
    case 0:
      return wire::Beat{random_.chance(500) ? ++beats_ : random_.next(),
                        some_generation(known),
                        {},
                        static_cast<uint32_t>(random_.next())};
    case 1:
      return wire::Inventory{{{"niminfo", "/etc/niminfo:1", "x", "y", some_service_node()}},
                             some_bindings(),
                             {},
                             {some_mount()}};
    case 2:
    case 3: {
      wire::PlanReport report;
      report.request = some_request();
      report.sightings = some_sightings();
      report.hash = random_.chance(500) ? "sim" : "another";
      report.shape = std::to_string(random_.below(kImages + 1));
      wire::PlanSummary plan;
      plan.hash = report.hash;
      plan.shape = report.shape;
      report.group = random_.chance(500) ? wire::plan_group(plan) : "none";
      return report;
    }
    case 4: {
      wire::FullPlan full{some_request(), {}};
      full.plan.outlook = static_cast<Outlook>(random_.below(4));
      full.plan.shape = std::to_string(random_.below(kImages + 1));
      full.plan.hash = "sim";
      full.plan.group = wire::plan_group(full.plan);
      full.plan.references = static_cast<uint32_t>(random_.next());
      return full;
    }
    case 5:
      return wire::Accepted{some_takeover(known), some_generation(known)};
    case 6:
      return wire::Progress{some_takeover(known), some_generation(known),
                            Fact(FactCode::frozen_by, {.by = "him"}),
                            static_cast<uint32_t>(random_.next()), 1};
    case 7:
    case 8:
    case 9:
      return wire::OutcomeReport{some_outcome(known), some_bindings()};
    case 10:
      return wire::Drift{"/etc/hosts:1", Fact(FactCode::frozen_by, {.by = "him"}),
                         some_service_node(), some_bindings()};
    case 11:
      return wire::Refused{some_takeover(known),
                           some_generation(known),
                           Fact(FactCode::frozen_by, {.by = "him"}),
                           {}};
    case 12:
      if (random_.chance(500)) return wire::Mounts{{some_mount(), some_mount()}};
      return wire::ServerHealthReport{{some_server(), some_server()}};
    case 13:
      if (random_.chance(500)) return wire::DirectoryRead{"another", {}};
      return some_quarantine();
    default:
      if (random_.chance(300)) return hello(known);
      return wire::Seen{some_request(), some_sightings()};
  }
}

}  // namespace sn::sim
