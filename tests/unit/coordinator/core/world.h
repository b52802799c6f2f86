// A coordinator, its store and the agents' side of its wire, in one place.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/plan_group.h"
#include "coordinator/core/core.h"
#include "coordinator/store/apply.h"

namespace sn::coordinator {

inline std::string key_of(const std::string& node) {
  std::string key = "key-" + node;
  key.resize(40, '.');
  return key;
}

class World {
 public:
  explicit World(size_t nodes = 3) : cluster_(make_cluster(nodes)) {
    for (const auto& [node, sns] : cluster_.nodes) state_.keys.push_back({node, key_of(node), 0});
    restart();
  }

  static Cluster make_cluster(size_t nodes) {
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

  Now now() const { return {{now_ms_}, {1'790'000'000'000 + now_ms_}}; }

  void restart() {
    Config config;
    config.knows_power = knows_power_;
    core_ = std::make_unique<Core>(std::move(config), state_);
    sent_.clear();
    replies_.clear();
    carry_out(core_->start(cluster_, now()));
  }

  // What the administrator made of cluster_ is read while the coordinator runs.
  void read_inventory() { carry_out(core_->on_inventory(cluster_, now())); }

  void carry_out(Effects effects) {
    for (auto& effect : effects) {
      if (const auto* store = std::get_if<Store>(&effect)) {
        apply(store->change, state_);
        const bool is_file = std::holds_alternative<FileTakeover>(store->change) ||
                             std::holds_alternative<FileParts>(store->change);
        if (is_file) files_.push_back(store->change);
      } else if (const auto* filed = std::get_if<ReadFiled>(&effect)) {
        asked_for_files_.push_back(*filed);
      } else if (const auto* admit = std::get_if<Admit>(&effect)) {
        admitted_ = admit->keys;
      } else if (const auto* send = std::get_if<Send>(&effect)) {
        sent_.push_back(*send);
      } else if (const auto* order = std::get_if<Order>(&effect)) {
        if (const auto* rebind = std::get_if<wire::Rebind>(&order->message)) {
          // Persisted before spoken: what is told is in the store already, because the shell
          // commits a batch's stores first and this was put in this batch or before.
          told_.push_back(*rebind);
        }
        sent_.push_back({order->connection, order->message});
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

  // What its beats tell of it.
  void busy(const std::string& node, const Fact& step) {
    wire::Beat beat;
    beat.busy = step;
    from(node, beat);
  }

  void advance(int64_t ms) {
    const int64_t until = now_ms_ + ms;
    while (now_ms_ < until) {
      now_ms_ = std::min(until, std::max(now_ms_ + 1, core_->next_tick().ms));
      carry_out(core_->tick(now()));
    }
  }

  wire::Hello hello_of(const std::string& node, std::vector<wire::Binding> bindings) {
    wire::Hello hello;
    hello.node = node;
    hello.boot_id = "boot";
    hello.instance = "1";
    hello.mode = "act";
    hello.path = "tcp://10.1.1.1:7400";
    hello.directory_digest = cluster_.directory.digest();
    hello.bindings = std::move(bindings);
    return hello;
  }
  void connect(const std::string& node, std::vector<wire::Binding> bindings = {{"SN1P", 9}}) {
    from(node, hello_of(node, std::move(bindings)));
  }
  void connect_each(const std::vector<std::string>& nodes) {
    for (const auto& node : nodes) connect(node);
  }
  void from(const std::string& node, const wire::ToCoordinator& message) {
    carry_out(core_->on_message("c-" + node, key_of(node), message, now()));
  }

  // By somebody who wants no question, of one that does not answer.
  void clear(const std::string& service_node) {
    probes_.clear();
    command(ClearServiceNodeCommand{service_node, "root"});
    for (const auto& probe : std::exchange(probes_, {})) {
      carry_out(core_->on_probe(probe.request, sighting(false), now()));
    }
  }

  static MachineSighting sighting(bool alive) {
    return alive ? MachineSighting{Life::serves, "", "22 connected", {}}
                 : MachineSighting{Life::silent, "", "silent", {}};
  }

  // The node reports, and tells the whole plan if it is asked for it.
  void report(const std::string& node, const wire::PlanReport& report,
              const wire::PlanSummary& plan, std::string connection = "") {
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

  // Ends every probe that is out, and lets every connected node report on its preflight.
  void answer_preflight(bool from_alive = false, bool to_alive = true) {
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
  void answer_looks(bool from_alive, bool to_alive) {
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
  [[nodiscard]] MachineSighting seen_of_from(bool alive) const {
    return from_sighting_.value_or(sighting(alive));
  }
  [[nodiscard]] MachineSighting seen_by(const std::string& node, bool from_alive) const {
    return node == claims_life_ ? sighting(true) : seen_of_from(from_alive);
  }

  void command(const Command& command, ClientId client = 1) {
    carry_out(core_->on_command(client, command, now()));
  }
  TakeoverCommand takeover_of(const std::string& from_sn, const std::string& to = "") {
    leaving_ = from_sn;
    TakeoverCommand command;
    command.from = from_sn;
    command.to = to;
    command.by = "root";
    command.waves = {0, 0, 0};  // everybody at once, but where waves are what is tested
    return command;
  }
  TakeoverCommand failback_of(uint64_t number, const std::string& from_sn) {
    TakeoverCommand command = takeover_of("");
    leaving_ = from_sn;
    command.undoes = number;
    return command;
  }
  // Typed, and everybody answers what it asks first.
  void begin(const TakeoverCommand& typed, bool from_alive = false) {
    command(typed);
    answer_preflight(from_alive);
  }
  void takeover(const std::string& from_sn = "SN1P", const std::string& to = "") {
    begin(takeover_of(from_sn, to));
  }
  // A canary, and then one at a time.
  void takeover_one_by_one(const std::string& from_sn = "SN1P", const std::string& to = "") {
    auto typed = takeover_of(from_sn, to);
    typed.waves = {1, 1, 5};
    begin(typed);
  }

  // What the store has of it.
  const NodeRecord& node(const std::string& name) const { return state_.nodes.at(name); }
  const Assignment& present(const std::string& name) const { return node(name).present(); }
  const Assignment& part(uint64_t takeover, const std::string& name) const {
    return *node(name).part_of(takeover);
  }

  int exit_code(uint64_t takeover) const {
    return summary_of(state_, state_.takeovers.at(takeover)).exit_code;
  }

  void verify(const std::string& name) {
    outcome(name, Verdict::verified, node(name).generation(), node(name).service_node());
  }
  void verify_each(const std::vector<std::string>& nodes) {
    for (const auto& node : nodes) verify(node);
  }
  void outcome(const std::string& node, Verdict verdict, uint64_t generation,
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

  std::vector<std::string> told() {
    std::vector<std::string> nodes;
    for (const auto& rebind : std::exchange(told_, {})) nodes.push_back(rebind.node);
    return nodes;
  }
  template <class T>
  const T* last_answer() const {
    for (auto i = replies_.rbegin(); i != replies_.rend(); ++i) {
      if (const auto* answer = std::get_if<T>(&i->answer)) return answer;
    }
    return nullptr;
  }

  Cluster cluster_;
  State state_;  // the store
  std::unique_ptr<Core> core_;
  std::optional<MachineSighting> from_sighting_;  // how everybody sees what is left
  // What each node finds of what it will need at its target.
  std::map<std::string, std::vector<ServiceSighting>> needed_;
  std::map<std::string, std::string> shapes_;  // of plans that are not the others'
  bool hashes_ = false;                        // plans have one
  std::vector<PlannedChange> lines_;           // of every plan
  std::vector<Finding> findings_;
  std::set<std::string> mute_;  // report no plan
  std::string cut_off_;         // the node that has no way to any target
  std::string claims_life_;     // the node that sees it alive all the same
  bool knows_power_ = false;    // after the next restart()
  std::vector<AskPower> powers_;
  std::set<std::pair<uint64_t, std::string>> looked_;  // what was answered: request, connection
  std::vector<Send> sent_;
  std::set<std::string> admitted_{"nothing was said of them"};
  std::vector<StoreChange> files_;
  std::vector<ReadFiled> asked_for_files_;
  std::vector<Reply> replies_;
  std::vector<wire::Rebind> told_;
  std::vector<Probe> probes_;
  std::vector<Ping> pings_;
  std::vector<Event> events_;
  std::string leaving_;
  uint64_t answered_ = 0;
  uint32_t outcomes_ = 0;
  int64_t now_ms_ = 1'000;
};

}  // namespace sn::coordinator
