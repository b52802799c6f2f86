#include "tests/unit/coordinator/core/world.h"

#include <algorithm>
#include <utility>

#include "common/wire/plan_group.h"
#include "coordinator/store/apply.h"

namespace sn::coordinator {

std::string key_of(const std::string& node) {
  std::string key = "key-" + node;
  key.resize(40, '.');
  return key;
}

World::World(size_t nodes) : cluster_(make_cluster(nodes)) {
  for (const auto& [node, sns] : cluster_.nodes) state_.keys.push_back({node, key_of(node), 0});
  restart();
}

World::~World() = default;

Cluster World::make_cluster(size_t nodes) {
  Cluster cluster;
  for (int i = 1; i <= 3; ++i) {
    const std::string n = std::to_string(i);
    cluster.directory.service_nodes.push_back(
        {"SN" + n + "P",
         {"sn" + n},
         {*NetworkAddress::parse("10.1.1.10" + std::to_string(i - 1) + "/24")},
         ""});
  }
  for (size_t i = 1; i <= nodes; ++i) {
    cluster.nodes["cn00" + std::to_string(i)] = {"SN1P", "SN2P"};
  }
  return cluster;
}

void World::restart() {
  Config config;
  config.knows_power = knows_power_;
  config.enrolment = enrolment_;
  admitted_.clear();
  for (const auto& key : state_.keys) {
    if (!key.revoked) admitted_.insert(key.public_key);
  }
  core_ = std::make_unique<Core>(std::move(config), state_);
  sent_.clear();
  replies_.clear();
  carry_out(core_->start(cluster_, now()));
}

void World::read_inventory() { carry_out(core_->on_inventory(cluster_, now())); }

void World::carry_out(Effects effects) {
  for (auto& effect : effects) {
    if (const auto* store = std::get_if<Store>(&effect)) {
      apply(store->change, state_);
      const bool is_file = std::holds_alternative<FileTakeover>(store->change) ||
                           std::holds_alternative<FileParts>(store->change);
      if (is_file) files_.push_back(store->change);
    } else if (const auto* filed = std::get_if<ReadFiled>(&effect)) {
      asked_for_files_.push_back(*filed);
    } else if (const auto* admit = std::get_if<Admit>(&effect)) {
      admitted_.clear();
      for (const auto& [key, node] : admit->keys) admitted_.insert(key);
    } else if (const auto* subscribers = std::get_if<AdmitSubscribers>(&effect)) {
      subscribers_ = subscribers->keys;
    } else if (const auto* one = std::get_if<AdmitOne>(&effect)) {
      admitted_.insert(one->public_key);
    } else if (const auto* retire = std::get_if<Retire>(&effect)) {
      admitted_.erase(retire->public_key);
    } else if (const auto* knock = std::get_if<AnswerKnock>(&effect)) {
      knock_answers_.push_back(*knock);
    } else if (const auto* asked = std::get_if<AskNode>(&effect)) {
      asked_nodes_.push_back(*asked);
    } else if (const auto* send = std::get_if<Send>(&effect)) {
      sent_.push_back(*send);
    } else if (const auto* order = std::get_if<Order>(&effect)) {
      if (const auto* rebind = std::get_if<wire::Rebind>(&order->order.what)) {
        // Persisted before spoken: what is told is in the store already, because the shell
        // commits a batch's stores first and this was put in this batch or before.
        told_.push_back(*rebind);
      }
      ordered_.push_back(*order);
    } else if (const auto* reply = std::get_if<Reply>(&effect)) {
      replies_.push_back(*reply);
    } else if (const auto* probe = std::get_if<Probe>(&effect)) {
      probes_.push_back(*probe);
    } else if (const auto* ping = std::get_if<Ping>(&effect)) {
      pings_.push_back(*ping);
    } else if (const auto* power = std::get_if<AskPower>(&effect)) {
      powers_.push_back(*power);
    } else if (const auto* publish = std::get_if<Publish>(&effect)) {
      events_.push_back(publish->event);
    }
  }
}

void World::busy(const std::string& node, const Fact& step) {
  wire::Beat beat;
  beat.busy = step;
  from(node, beat);
}

void World::advance(int64_t ms) {
  const int64_t until = now_ms_ + ms;
  while (now_ms_ < until) {
    now_ms_ = std::min(until, std::max(now_ms_ + 1, core_->next_tick().ms));
    carry_out(core_->tick(now()));
  }
}

wire::Hello World::hello_of(const std::string& node, std::vector<wire::Binding> bindings) {
  wire::Hello hello;
  hello.node = node;
  hello.boot_id = "boot";
  hello.instance = "1";
  hello.mode = "act";
  hello.confined = true;
  hello.path = "tcp://10.1.1.1:7400";
  hello.directory_digest = cluster_.directory.digest();
  hello.bindings = std::move(bindings);
  return hello;
}

void World::connect(const std::string& node, std::vector<wire::Binding> bindings) {
  from(node, hello_of(node, std::move(bindings)));
}

void World::connect_each(const std::vector<std::string>& nodes) {
  for (const auto& node : nodes) connect(node);
}

void World::from(const std::string& node, const wire::ToCoordinator& message) {
  carry_out(core_->on_message("c-" + node, key_of(node), message, now()));
}

void World::clear(const std::string& service_node) {
  probes_.clear();
  command(ClearServiceNodeCommand{service_node, "root"});
  for (const auto& probe : std::exchange(probes_, {})) {
    carry_out(core_->on_probe(probe.request, sighting(false), now()));
  }
}

MachineSighting World::sighting(bool alive) {
  return alive ? MachineSighting{Life::serves, "", "22 connected", {}}
               : MachineSighting{Life::silent, "", "silent", {}};
}

void World::report(const std::string& node, const wire::PlanReport& report,
                   const wire::PlanSummary& plan, std::string connection) {
  if (connection.empty()) connection = "c-" + node;
  const size_t before = sent_.size();
  carry_out(core_->on_message(connection, key_of(node), report, now()));
  const auto asks = [&](const Send& send) {
    const auto* tell = std::get_if<wire::TellPlan>(&send.message);
    return tell != nullptr && tell->request == report.request && send.connection == connection;
  };
  if (std::none_of(sent_.begin() + static_cast<ptrdiff_t>(before), sent_.end(), asks)) return;
  carry_out(
      core_->on_message(connection, key_of(node), wire::FullPlan{report.request, plan}, now()));
}

void World::answer_preflight(bool from_alive, bool to_alive) {
  for (const auto& probe : std::exchange(probes_, {})) {
    const bool left = probe.service_node == leaving_;
    carry_out(core_->on_probe(probe.request, left ? seen_of_from(from_alive) : sighting(to_alive),
                              now()));
  }
  for (const auto& send : std::vector<Send>(sent_)) {
    const auto* preflight = std::get_if<wire::Preflight>(&send.message);
    if (preflight == nullptr || preflight->request <= answered_) continue;
    wire::PlanReport report;
    wire::PlanSummary plan;
    report.request = preflight->request;
    for (const auto& name : preflight->from) {
      report.sightings.push_back({name, seen_by(send.connection.substr(2), from_alive)});
    }
    const bool reaches = to_alive && send.connection.substr(2) != cut_off_;
    report.sightings.push_back({preflight->to, sighting(reaches)});
    const auto needed = needed_.find(send.connection.substr(2));
    if (needed != needed_.end()) report.sightings.back().seen.services = needed->second;
    plan.outlook = Outlook::whole;
    const auto shape = shapes_.find(send.connection.substr(2));
    plan.shape = shape == shapes_.end() ? "same" : shape->second;
    plan.changes = lines_;
    plan.findings = findings_;
    plan.group = wire::plan_group(plan);
    if (hashes_) plan.hash = "hash of " + send.connection.substr(2);
    if (mute_.contains(send.connection.substr(2))) continue;
    // Connections are called "?-NODE" here.
    report.hash = plan.hash;
    report.shape = plan.shape;
    report.group = plan.group;
    this->report(send.connection.substr(2), report, plan, send.connection);
  }
  for (const auto& send : sent_) {
    if (const auto* preflight = std::get_if<wire::Preflight>(&send.message)) {
      answered_ = std::max(answered_, preflight->request);
    }
  }
  answer_looks(from_alive, to_alive);
}

void World::answer_looks(bool from_alive, bool to_alive) {
  for (const auto& send : std::vector<Send>(sent_)) {
    const auto* look = std::get_if<wire::Look>(&send.message);
    if (look == nullptr || !looked_.insert({look->request, send.connection}).second) continue;
    const std::string node = send.connection.substr(2);
    wire::Seen seen{look->request, {}};
    for (const auto& name : look->service_nodes) {
      seen.sightings.push_back(
          {name, name == leaving_ ? seen_by(node, from_alive) : sighting(to_alive)});
    }
    carry_out(core_->on_message(send.connection, key_of(node), seen, now()));
  }
}

MachineSighting World::seen_of_from(bool alive) const {
  return from_sighting_.value_or(sighting(alive));
}

MachineSighting World::seen_by(const std::string& node, bool from_alive) const {
  return node == claims_life_ ? sighting(true) : seen_of_from(from_alive);
}

void World::command(const Command& command, ClientId client) {
  carry_out(core_->on_command(client, command, now()));
}

TakeoverCommand World::takeover_of(const std::string& from_sn, const std::string& to) {
  leaving_ = from_sn;
  TakeoverCommand command;
  command.from = from_sn;
  command.to = to;
  command.by = "root";
  command.waves = {0, 0, 0};  // everybody at once, but where waves are what is tested
  return command;
}

TakeoverCommand World::failback_of(uint64_t number, const std::string& from_sn) {
  TakeoverCommand command = takeover_of("");
  leaving_ = from_sn;
  command.undoes = number;
  return command;
}

void World::begin(const TakeoverCommand& typed, bool from_alive) {
  command(typed);
  answer_preflight(from_alive);
}

void World::takeover(const std::string& from_sn, const std::string& to) {
  begin(takeover_of(from_sn, to));
}

void World::takeover_one_by_one(const std::string& from_sn, const std::string& to) {
  auto typed = takeover_of(from_sn, to);
  typed.waves = {1, 1, 5};
  begin(typed);
}

const Assignment& World::part(uint64_t takeover, const std::string& name) const {
  return *node(name).part_of(takeover);
}

int World::exit_code(uint64_t takeover) const {
  return summary_of(state_, state_.takeovers.at(takeover)).exit_code;
}

void World::verify(const std::string& name) {
  outcome(name, Verdict::verified, node(name).generation(), node(name).service_node());
}

void World::verify_each(const std::vector<std::string>& nodes) {
  for (const auto& node : nodes) verify(node);
}

void World::outcome(const std::string& node, Verdict verdict, uint64_t generation,
                    const std::string& to) {
  wire::OutcomeReport report;
  report.outcome.takeover = takeover_id_of(present(node));
  report.outcome.generation = generation;
  report.outcome.to = to;
  report.outcome.verdict = verdict;
  report.outcome.total_us = ++outcomes_;  // no two tries take the same time
  if (verdict != Verdict::verified) {
    report.outcome.findings.push_back({FindingClass::blocked, "/", "is on SN1P", "reboot"});
  }
  report.bindings = {{to, 9}};
  from(node, report);
}

std::vector<std::string> World::told() {
  std::vector<std::string> nodes;
  for (const auto& rebind : std::exchange(told_, {})) nodes.push_back(rebind.node);
  return nodes;
}

}  // namespace sn::coordinator
