#include "coordinator/core/takeover/preparation.h"

#include <algorithm>
#include <set>

#include "coordinator/core/names.h"

namespace sn::coordinator {

Preparation::Preparation(uint64_t request_id, ClientId client_id, TakeoverCommand the_command,
                         NodeSet the_set, MonotonicTime deadline)
    : request(request_id),
      client(client_id),
      command(std::move(the_command)),
      set(std::move(the_set)),
      deadline_(deadline) {}

void Preparation::report(const std::string& node, const wire::PlanReport& report) {
  if (waiting_.erase(node) > 0) reports_[node] = report;
}

bool Preparation::probed(uint64_t probe, bool alive, const std::string& evidence) {
  const auto found = probes_.find(probe);
  if (found == probes_.end()) return false;
  ServiceNodeSighting& sighting = own_[found->second];
  sighting.answered = true;
  sighting.alive = alive;
  sighting.evidence = evidence;
  probes_.erase(found);
  return true;
}

ServiceNodeSighting Preparation::sighting(const std::string& service_node) const {
  ServiceNodeSighting sighting;
  if (const auto own = own_.find(service_node); own != own_.end()) sighting = own->second;
  for (const auto& [node, report] : reports_) {
    for (const auto& seen : report.sightings) {
      if (seen.service_node != service_node) continue;
      ++sighting.asked;
      if (!seen.alive) continue;
      if (sighting.seen_alive_by++ == 0) sighting.node_evidence = node + ": " + seen.evidence;
    }
  }
  return sighting;
}

std::optional<RefusalAnswer> Preparation::refusal() const {
  const auto from = sighting(command.from);
  if (!command.planned && command.undoes == 0 && (from.alive || from.seen_alive_by > 0)) {
    std::string evidence = from.alive ? "coordinator: " + from.evidence : from.node_evidence;
    if (from.seen_alive_by > 0) {
      evidence += "; seen by " + std::to_string(from.seen_alive_by) + " of " +
                  std::to_string(from.asked) + " nodes";
    }
    TakeoverCommand planned = command;
    planned.planned = true;
    return RefusalAnswer{command.from + " is alive (" + evidence + ")",
                         "to move its nodes although it lives: " + command_line(planned) +
                             "; or switch it off first",
                         3};
  }
  std::string silent;
  for (const auto& target : set.targets) {
    const auto seen = sighting(target);
    if (seen.seen_alive_by > 0 || (seen.asked == 0 && seen.alive)) return std::nullopt;
    silent += (silent.empty() ? "" : "; ") + target + " answers " +
              (seen.asked > 0 ? "none of " + std::to_string(seen.asked) + " nodes"
                              : "not the coordinator, and no node could be asked");
  }
  if (silent.empty()) return std::nullopt;
  return RefusalAnswer{silent,
                       command.undoes != 0 ? "bring it back, then " + command_line(command)
                                           : "bring it back, or name another target with --to",
                       3};
}

bool Preparation::covers(const NodeSet& now) const {
  return std::all_of(now.members.begin(), now.members.end(), [&](const auto& entry) {
    const auto shown = set.members.find(entry.first);
    return shown != set.members.end() && shown->second.to == entry.second.to;
  });
}

PlanAnswer Preparation::plan(const State& state, const Fleet& fleet) const {
  PlanAnswer answer;
  answer.from = command.from;
  if (command.undoes != 0) {
    std::set<std::string> left;
    for (const auto& [name, member] : set.members) left.insert(member.from.front());
    for (const auto& name : left) answer.from += (answer.from.empty() ? "" : ",") + name;
  }
  answer.planned = command.planned;
  answer.rehearsed = command.rehearse;
  answer.undoes = command.undoes;
  if (command.undoes != 0) answer.left_alone = set.already;
  answer.frozen = state.freeze.frozen;
  TakeoverCommand looked = command;
  looked.planned = false;  // said apart
  answer.options = options_of(looked);
  answer.nodes = set.members.size();
  if (set.targets.size() == 1) answer.to = set.targets.front();
  const auto from = sighting(command.from);
  answer.from_seen_alive_by = from.seen_alive_by;
  answer.from_asked = from.asked;
  answer.from_evidence = from.evidence;
  answer.from_alive = from.alive;
  for (const auto& target : set.targets) {
    const auto seen = sighting(target);
    answer.to_seen_alive_by += seen.seen_alive_by;
    answer.to_asked += seen.asked;
    for (const auto& [name, row] : state.rows) {
      if (row.service_node == target) ++answer.to_nodes_now;
    }
  }
  answer.to_nodes_after = answer.to_nodes_now;
  for (const auto& [name, member] : set.members) {
    const auto row = state.rows.find(name);
    if (!member.to.empty() && row != state.rows.end() && row->second.service_node != member.to) {
      ++answer.to_nodes_after;
    }
  }

  // Best first: what moves whole, then what does not.
  static constexpr const char* kOrder[] = {"whole",   "partly", "nothing",
                                           "blocked", "silent", "down"};
  struct Draft {
    PlanGroup group;
    size_t rank = 0;
  };
  std::map<std::string, Draft> drafts;
  for (const auto& [name, member] : set.members) {
    PlanGroup group;
    group.to = member.to;
    std::string shape;
    const auto report = reports_.find(name);
    const Presence* presence = fleet.find(name);
    if (member.to.empty()) {
      group.outlook = "blocked";
      group.reason = member.refusal;
      group.cure = member.cure;
    } else if (presence != nullptr && presence->connected() && presence->hello.mode != "act") {
      group.outlook = "blocked";
      group.reason = "observe mode: it would refuse";
      group.cure = "set mode = \"act\" in /etc/snagent/agent.toml and restart snagentd";
    } else if (report != reports_.end()) {
      group.plan = report->second.plan;
      group.outlook = std::string(to_string(group.plan.outlook));
      shape = group.plan.shape;
      for (const auto& finding : group.plan.findings) {
        if (finding.what != FindingClass::blocked) continue;
        group.reason = finding.reason;
        group.cure = finding.cure;
        break;
      }
      for (const auto& seen : report->second.sightings) {
        if (seen.service_node == member.to && !seen.alive) {
          group.outlook = "blocked";
          group.reason = member.to + " does not answer from here";
          group.cure = "check the network between the node and " + member.to;
        }
      }
    } else if (presence != nullptr && presence->connected()) {
      group.outlook = "silent";
      group.reason = "connected, but no plan came in time";
      group.cure = "snctl status " + name;
    } else {
      group.outlook = "down";
      group.reason = presence == nullptr ? "never seen" : "not connected";
    }
    const std::string key = group.outlook + '\n' + member.to + '\n' + group.reason + '\n' + shape;
    auto [draft, fresh] = drafts.try_emplace(key);
    if (fresh) {
      draft->second.group = std::move(group);
      const auto* const rank =
          std::find(std::begin(kOrder), std::end(kOrder), draft->second.group.outlook);
      draft->second.rank = static_cast<size_t>(rank - std::begin(kOrder));
    }
    draft->second.group.nodes.push_back(name);
  }
  std::vector<Draft*> order;
  for (auto& [key, draft] : drafts) order.push_back(&draft);
  std::stable_sort(order.begin(), order.end(), [](const Draft* a, const Draft* b) {
    if (a->rank != b->rank) return a->rank < b->rank;
    return a->group.nodes.size() > b->group.nodes.size();
  });
  for (size_t i = 0; i < order.size(); ++i) {
    std::string id;  // A..Z, then AA, AB...
    for (size_t n = i + 1; n > 0; n = (n - 1) / 26) {
      id.insert(id.begin(), static_cast<char>('A' + (n - 1) % 26));
    }
    order[i]->group.id = id;
    answer.groups.push_back(std::move(order[i]->group));
  }
  answer.strays = find_strays(state, fleet, command.from, set);
  for (const auto& [number, nodes] : set.under_way) {
    answer.under_way.push_back({"T" + std::to_string(number), nodes});
  }
  for (const auto& [number, nodes] : set.taken_over) {
    answer.taken_over.push_back({"T" + std::to_string(number), nodes});
  }
  return answer;
}

std::vector<Stray> find_strays(const State& state, const Fleet& fleet, const std::string& from,
                               const NodeSet& set) {
  std::vector<Stray> strays;
  for (const auto& [name, presence] : fleet.all()) {
    const uint32_t references = presence.references_to(from);
    if (references == 0 || set.members.contains(name)) continue;
    const auto row = state.rows.find(name);
    // One that was left out by --nodes is where it belongs.
    if (row != state.rows.end() && row->second.service_node == from) continue;
    // One that is on its way away from it, by another takeover.
    if (row != state.rows.end() && intersects(row->second.from, {from}) &&
        waiting_for(state, row->second) != nullptr) {
      continue;
    }
    // One that a reboot brought back there leaves it by itself (Rebinds::converge_named).
    if (row != state.rows.end() && row->second.state == RowState::released &&
        row->second.verdict == Verdict::verified &&
        presence.hello.generation < row->second.generation) {
      continue;
    }
    strays.push_back({name, row == state.rows.end() ? "" : row->second.service_node, references});
  }
  return strays;
}

}  // namespace sn::coordinator
