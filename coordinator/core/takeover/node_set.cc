#include "coordinator/core/takeover/node_set.h"

#include <algorithm>
#include <set>

#include "common/facts/text.h"
#include "coordinator/core/names.h"
#include "coordinator/core/refusals.h"
#include "coordinator/core/takeover/way_back.h"

namespace sn::coordinator {

namespace {

// Still bound to `from`, or on the way away from it and not known to have arrived.
bool belongs(const NodeRecord& node, const std::string& from) {
  if (node.service_node() == from) return true;
  return node.present().state != AssignmentState::observed &&
         contains(node.present().still_to_leave(), from);
}

// An older takeover was to move it, and did not.
bool is_left_over(const NodeRecord& node) {
  return node.present().state != AssignmentState::observed && !node.present().is_settled() &&
         node.present().verdict != Verdict::partly;
}

bool moved_away_before(const NodeRecord& node, const std::string& from) {
  return node.present().verdict == Verdict::verified && node.service_node() != from &&
         contains(node.present().from, from);
}

// A takeover that runs would do nothing else with its nodes than this command.
bool does(const Takeover& takeover, const TakeoverCommand& command) {
  return takeover.state == TakeoverState::running && takeover.undoes == command.undoes &&
         takeover.back_to == command.back_to &&
         (command.undoes != 0 || takeover.from == command.from) &&
         takeover.terms == Terms{command.planned, command.strict, command.stuck};
}

// Typed twice, or by two people.
tl::unexpected<Error> nothing_but_under_way(const NodeSet& set) {
  Fact why;
  std::string watch, abort;
  for (auto other = set.under_way.rbegin(); other != set.under_way.rend(); ++other) {
    why = Fact(FactCode::at_it, {.nodes = other->second, .takeover = other->first}, why);
  }
  for (const auto& [number, nodes] : set.under_way) {
    const std::string id = takeover_id(number);
    watch += (watch.empty() ? "" : ", ") + ("snctl watch " + id);
    abort += (abort.empty() ? "" : ", ") + ("snctl abort " + id);
  }
  return fail(ErrorClass::conflict, "", "", why,
              Cure(CureCode::follow_or_abort, {.name = abort, .value = watch}));
}

Member member_for(const State& state, const Cluster& cluster, const TakeoverCommand& command,
                  const NodeRecord& node) {
  Member member;
  // Without a verified arrival the node may still hold any of them (it may have missed a move).
  member.from = node.present().still_to_leave();
  if (!contains(member.from, command.from)) member.from.push_back(command.from);
  const std::string& service_node = node.service_node();
  if (service_node != command.from && !command.to.empty() && !contains(member.from, service_node)) {
    member.from.push_back(service_node);
  }

  if (!command.to.empty()) {
    member.to = command.to;
  } else if (service_node != command.from) {
    member.to = service_node;  // the recorded target, never derived anew
    if (const auto why = unfit(state, member.to); !why.empty()) {
      member.refusal = why;
      member.to.clear();
    }
  } else {
    const auto listed = cluster.nodes.find(node.node);
    if (listed != cluster.nodes.end()) {
      for (const auto& candidate : listed->second) {
        if (candidate == command.from) continue;
        const auto why = unfit(state, candidate);
        if (why.empty()) {
          member.to = candidate;
          break;
        }
        member.refusal = Fact(FactCode::backup_unfit, {}, why);
      }
    }
    if (member.to.empty() && member.refusal.empty()) {
      member.refusal = Fact(FactCode::no_backup);
    }
  }
  if (!member.to.empty()) {
    member.refusal.clear();
    std::erase(member.from, member.to);
  } else {
    member.cure = Cure(CureCode::move_node_to_some, {.sn = command.from, .nodes = {node.node}});
  }
  return member;
}

}  // namespace

Fact unfit(const State& state, const std::string& service_node) {
  switch (state_of(state, service_node)) {
    case ServiceNodeState::failed:
      return Fact(FactCode::marked_failed, {.sn = service_node});
    case ServiceNodeState::maintenance:
      return Fact(FactCode::in_maintenance, {.sn = service_node});
    default:
      return {};
  }
}

Cure make_fit(const std::string& service_node) {
  return Cure(CureCode::clear_service_node, {.sn = service_node});
}

namespace {

// By node: how each that the failback is about came to where it is.
std::map<std::string, WayBack> ways_back(const State& state, const TakeoverCommand& command,
                                         const Takeover& undone) {
  std::map<std::string, WayBack> ways;
  if (!command.back_to.empty()) {
    for (const NodeRecord* node : table_of(state)) {
      WayBack way = way_back_to(*node, command.back_to);
      if (!way.home.empty()) ways.emplace(node->node, std::move(way));
    }
    return ways;
  }
  for (const auto& name : undone.nodes) {
    const NodeRecord* node = find_node(state, name);
    if (node == nullptr || node->part_of(undone.number)->to.empty()) continue;
    ways.emplace(name, way_back(*node));
  }
  return ways;
}

}  // namespace

Result<TakeoverCommand> failback_to(const State& state, const Directory& directory,
                                    TakeoverCommand command) {
  if (directory.find(command.back_to) == nullptr) {
    auto unknown = no_such_service_node(directory, command.back_to);
    return fail(ErrorClass::not_found, "", "", std::move(unknown.reason), std::move(unknown.cure));
  }
  command.undoes = 0;
  for (const NodeRecord* node : table_of(state)) {
    for (const uint64_t number : way_back_to(*node, command.back_to).takeovers) {
      command.undoes = std::max(command.undoes, number);
    }
  }
  if (command.undoes == 0) {
    for (const auto& [number, takeover] : state.takeovers) {
      if (takeover.state != TakeoverState::running || takeover.back_to != command.back_to) continue;
      NodeSet set;
      set.under_way[number].assign(takeover.nodes.begin(), takeover.nodes.end());
      return nothing_but_under_way(set);
    }
    return fail(ErrorClass::not_found, "", "",
                Fact(FactCode::nothing_to_take_back_to, {.sn = command.back_to}),
                Cure(CureCode::history_and_status));
  }
  return command;
}

Result<NodeSet> resolve_failback(const State& state, const TakeoverCommand& command) {
  const auto refuse = [&](ErrorClass what, Fact why, Cure cure) {
    return fail(what, "", "", std::move(why), std::move(cure));
  };
  const std::string id = takeover_id(command.undoes);
  const auto found = state.takeovers.find(command.undoes);
  if (found == state.takeovers.end()) {
    return refuse(ErrorClass::not_found, Fact(FactCode::no_such_takeover, {.value = id}),
                  Cure(CureCode::history_lists));
  }
  const Takeover& undone = found->second;
  const bool incident = !command.back_to.empty();
  if (!undone.filed.empty() && !incident) {
    return refuse(ErrorClass::not_found,
                  Fact(FactCode::nothing_to_take_back, {.takeover = command.undoes}),
                  Cure(CureCode::history_and_status));
  }
  const std::map<std::string, WayBack> ways = ways_back(state, command, undone);
  std::set<uint64_t> undone_ones{command.undoes};
  if (incident) {
    for (const auto& [name, way] : ways) {
      undone_ones.insert(way.takeovers.begin(), way.takeovers.end());
    }
  }
  for (const uint64_t number : undone_ones) {
    const auto one = state.takeovers.find(number);
    if (one == state.takeovers.end() || one->second.finished_unix_ms != 0) continue;
    // The failback of the same incident that runs: its nodes are told so below.
    if (incident && one->second.undoes != 0) continue;
    const bool aborted = one->second.state == TakeoverState::aborted;
    const Details which{.takeover = number};
    return refuse(ErrorClass::conflict,
                  Fact(aborted ? FactCode::aborted_not_ended : FactCode::still_runs, which),
                  Cure(aborted ? CureCode::watch_until_it_ends : CureCode::watch_or_abort, which));
  }
  const std::set<std::string> asked(command.nodes.begin(), command.nodes.end());
  std::vector<std::string> foreign;
  for (const auto& name : asked) {
    if (!ways.contains(name) && !undone.nodes.contains(name)) foreign.push_back(name);
  }
  if (!foreign.empty()) {
    return refuse(ErrorClass::invalid_input,
                  Fact(FactCode::had_no_part, {.nodes = foreign, .takeover = command.undoes}),
                  Cure(CureCode::correct_nodes));
  }
  NodeSet set;
  std::set<std::string> targets;
  for (const auto& [name, way] : ways) {
    if (!asked.empty() && !asked.contains(name)) continue;
    const NodeRecord* node = find_node(state, name);
    const Takeover* newer = waiting_for(state, *node);
    if (newer != nullptr && does(*newer, command)) {
      set.under_way[newer->number].push_back(name);
      continue;
    }
    const std::string& service_node = node->service_node();
    // Moved elsewhere by another one since, or given back: that is where it belongs now.
    if ((!incident && !way.takeovers.contains(command.undoes)) || way.home == service_node) {
      set.already.push_back(name);
      continue;
    }
    Member member;
    member.to = way.home;
    member.undo = way.undo;
    member.from = {service_node};
    // The node is also to leave what it may never have left, or was on its way to.
    for (const auto* names : {&node->present().still_to_leave(), &way.from}) {
      for (const auto& left : *names) {
        if (left != member.to && !contains(member.from, left)) member.from.push_back(left);
      }
    }
    Fact why = unfit(state, member.to);
    const auto record = state.service_nodes.find(member.to);
    // The takeover that is taken back put it into maintenance; of an incident one of its takeovers,
    // be it not the one that moved this node.
    const auto by = record == state.service_nodes.end() ? std::nullopt
                                                        : takeover_number(record->second.takeover);
    const bool of_the_incident = incident && member.to == command.back_to;
    if (by && (of_the_incident || way.takeovers.contains(*by)) &&
        record->second.state == ServiceNodeState::maintenance) {
      why.clear();
      set.taken_back.insert(*by);
    }
    set.taken_back.insert(way.takeovers.begin(), way.takeovers.end());
    if (!why.empty()) {
      member.refusal = why;
      member.cure = make_fit(member.to).then(
          incident ? Cure(CureCode::failback_to, {.sn = command.back_to})
                   : Cure(CureCode::failback, {.takeover = command.undoes}));
      member.to.clear();
    } else {
      targets.insert(member.to);
    }
    set.members.emplace(name, std::move(member));
  }
  set.targets.assign(targets.begin(), targets.end());
  if (set.members.empty() && !set.under_way.empty()) {
    return nothing_but_under_way(set);
  }
  if (set.members.empty()) {
    return refuse(
        ErrorClass::not_found,
        Fact(FactCode::nothing_to_take_back, {.nodes = set.already, .takeover = command.undoes}),
        Cure(CureCode::history_and_status));
  }
  if (set.targets.empty()) {
    const Member& first = set.members.begin()->second;
    return refuse(ErrorClass::conflict, first.refusal, first.cure);
  }
  return set;
}

Result<NodeSet> resolve_node_set(const State& state, const Cluster& cluster,
                                 const TakeoverCommand& command,
                                 const std::set<std::string>& naming) {
  const auto refuse = [&](ErrorClass what, Fact why, Cure cure) {
    return fail(what, "", "", std::move(why), std::move(cure));
  };
  if (cluster.directory.find(command.from) == nullptr) {
    auto unknown = no_such_service_node(cluster.directory, command.from);
    return refuse(ErrorClass::not_found, std::move(unknown.reason), std::move(unknown.cure));
  }
  if (!command.to.empty()) {
    if (cluster.directory.find(command.to) == nullptr) {
      auto unknown = no_such_service_node(cluster.directory, command.to);
      return refuse(ErrorClass::not_found, std::move(unknown.reason), std::move(unknown.cure));
    }
    if (command.to == command.from) {
      return refuse(ErrorClass::invalid_input, Fact(FactCode::from_itself, {.sn = command.to}),
                    Cure(CureCode::name_another_target));
    }
    if (const auto why = unfit(state, command.to); !why.empty()) {
      return refuse(ErrorClass::conflict, why,
                    Cure(CureCode::name_another_target_or_clear, {.sn = command.to}));
    }
  }

  NodeSet set;
  std::set<std::string> asked(command.nodes.begin(), command.nodes.end());
  const std::set<std::string> without(command.without.begin(), command.without.end());
  std::vector<std::string> unknown, foreign;
  for (const auto& node : without) {
    if (find_node(state, node) == nullptr) unknown.push_back(node);
  }
  for (const auto& node : asked) {
    const NodeRecord* known = find_node(state, node);
    if (known == nullptr) {
      unknown.push_back(node);
    } else if (!belongs(*known, command.from) && !naming.contains(node) &&
               !moved_away_before(*known, command.from)) {
      foreign.push_back(node);
    }
  }
  if (!unknown.empty()) {
    return refuse(ErrorClass::not_found, Fact(FactCode::not_in_inventory, {.nodes = unknown}),
                  Cure(CureCode::correct_nodes_or_add));
  }
  if (!foreign.empty()) {
    return refuse(ErrorClass::invalid_input,
                  Fact(FactCode::not_bound, {.sn = command.from, .nodes = foreign}),
                  Cure(CureCode::status_node_shows));
  }

  std::set<std::string> targets;
  for (const NodeRecord* node : table_of(state)) {
    const std::string& name = node->node;
    if ((!asked.empty() && !asked.contains(name)) || without.contains(name)) continue;
    if (command.rest && !is_left_over(*node)) continue;
    if (!belongs(*node, command.from)) {
      const bool before = moved_away_before(*node, command.from);
      const bool back = naming.contains(name) && (before || asked.contains(name));
      if (before && !back) set.already.push_back(name);
      if (!back) continue;
    }
    Member member = member_for(state, cluster, command, *node);
    if (const Takeover* older = waiting_for(state, *node)) {
      const bool so = member.to == node->service_node() && does(*older, command);
      (so ? set.under_way : set.taken_over)[older->number].push_back(name);
      if (so) continue;
    }
    if (!member.to.empty()) targets.insert(member.to);
    set.members.emplace(name, std::move(member));
  }
  set.targets.assign(targets.begin(), targets.end());
  if (set.members.empty() && !set.under_way.empty()) {
    return nothing_but_under_way(set);
  }
  if (set.members.empty() && set.already.empty()) {
    return refuse(ErrorClass::not_found, Fact(FactCode::nobody_bound, {.sn = command.from}),
                  Cure(CureCode::status_shows));
  }
  if (!set.members.empty() && set.targets.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, member] : set.members) names.push_back(name);
    const Member& first = set.members.begin()->second;
    return refuse(ErrorClass::conflict,
                  Fact(FactCode::so_for_nodes, {.nodes = names}, first.refusal),
                  Cure(CureCode::name_a_target));
  }
  return set;
}

}  // namespace sn::coordinator
