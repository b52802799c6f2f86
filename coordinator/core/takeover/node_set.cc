#include "coordinator/core/takeover/node_set.h"

#include <algorithm>
#include <set>

#include "common/facts/text.h"
#include "coordinator/core/names.h"

namespace sn::coordinator {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string names_of(const Directory& directory) {
  std::string text;
  for (const auto& node : directory.service_nodes) text += (text.empty() ? "" : " ") + node.name;
  return text;
}

// Still bound to `from`, or on the way away from it and not known to have arrived.
bool belongs(const Row& row, const std::string& from) {
  if (row.service_node == from) return true;
  return row.state != RowState::observed && row.verdict != Verdict::verified &&
         contains(row.from, from);
}

bool moved_away_before(const State& state, const Row& row, const std::string& from) {
  if (row.verdict != Verdict::verified || row.service_node == from) return false;
  const TakeoverNode* part = part_of(takeover_of(state, row), row.node);
  return part != nullptr && contains(part->from, from);
}

// A takeover that runs would do nothing else with its nodes than this command.
bool does(const Takeover& takeover, const TakeoverCommand& command) {
  return takeover.state == TakeoverState::running && takeover.undoes == command.undoes &&
         (command.undoes != 0 || takeover.from == command.from) &&
         takeover.planned == command.planned && takeover.strict == command.strict &&
         takeover.stuck == command.stuck;
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
                  const Row& row) {
  Member member;
  // Without a verified arrival the node may still hold any of them (it may have missed a move).
  member.from = row.from;
  if (row.verdict == Verdict::verified || row.state == RowState::observed) member.from.clear();
  if (!contains(member.from, command.from)) member.from.push_back(command.from);
  if (row.service_node != command.from && !command.to.empty() &&
      !contains(member.from, row.service_node)) {
    member.from.push_back(row.service_node);
  }

  if (!command.to.empty()) {
    member.to = command.to;
  } else if (row.service_node != command.from) {
    member.to = row.service_node;  // the recorded target, never derived anew
    if (const auto why = unfit(state, member.to); !why.empty()) {
      member.refusal = why;
      member.to.clear();
    }
  } else {
    const auto listed = cluster.nodes.find(row.node);
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
    member.cure = Cure(CureCode::move_node_to_some, {.sn = command.from, .nodes = {row.node}});
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

WayBack way_back(const State& state, const Row& row) {
  WayBack way;
  const Takeover* newest = takeover_of(state, row);
  if (newest == nullptr || !is_of(row, *newest)) return way;
  const TakeoverNode* newer = nullptr;  // it only went on with what an older takeover did
  for (auto one = state.takeovers.upper_bound(newest->number); one != state.takeovers.begin();) {
    --one;
    const TakeoverNode* part = part_of(&one->second, row.node);
    // A takeover that decided nothing for the node is no part of its way.
    if (part == nullptr || part->generation == 0) continue;
    if (newer != nullptr && !intersects(newer->from, part->from)) break;
    way.home = part->previous;
    way.undo = part->generation;
    way.takeovers.insert(one->first);
    for (const auto& name : part->from) {
      if (!contains(way.from, name)) way.from.push_back(name);
    }
    // Partly is arrived here, and not for an abort (Verdicts::give_back): what it uses was there,
    // and a failback that a person asks for moves the rest of it, too.
    const bool had_arrived = part->previous_state == RowState::observed ||
                             part->previous_verdict == Verdict::verified ||
                             part->previous_verdict == Verdict::partly;
    const bool to_the_same = part->previous == part->to;
    if (had_arrived && !to_the_same) break;
    newer = to_the_same && had_arrived ? part : nullptr;
  }
  std::erase(way.from, way.home);
  return way;
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
  if (undone.finished_unix_ms == 0) {
    const bool aborted = undone.state == TakeoverState::aborted;
    const Details which{.takeover = command.undoes};
    return refuse(ErrorClass::conflict,
                  Fact(aborted ? FactCode::aborted_not_ended : FactCode::still_runs, which),
                  Cure(aborted ? CureCode::watch_until_it_ends : CureCode::watch_or_abort, which));
  }
  const std::set<std::string> asked(command.nodes.begin(), command.nodes.end());
  std::vector<std::string> foreign;
  for (const auto& name : asked) {
    if (!undone.nodes.contains(name)) foreign.push_back(name);
  }
  if (!foreign.empty()) {
    return refuse(ErrorClass::invalid_input,
                  Fact(FactCode::had_no_part, {.nodes = foreign, .takeover = command.undoes}),
                  Cure(CureCode::correct_nodes));
  }
  NodeSet set;
  std::set<std::string> targets;
  for (const auto& [name, part] : undone.nodes) {
    if (!asked.empty() && !asked.contains(name)) continue;
    const auto row = state.rows.find(name);
    if (row == state.rows.end() || part.generation == 0) continue;
    const WayBack way = way_back(state, row->second);
    const Takeover* newer = waiting_for(state, row->second);
    if (newer != nullptr && does(*newer, command)) {
      set.under_way[newer->number].push_back(name);
      continue;
    }
    // Moved elsewhere by another one since, or given back: that is where it belongs now.
    if (!way.takeovers.contains(command.undoes) || way.home == row->second.service_node) {
      set.already.push_back(name);
      continue;
    }
    Member member;
    member.to = way.home;
    member.undo = way.undo;
    member.from = {row->second.service_node};
    // The node is also to leave what it may never have left, or was on its way to.
    for (const auto* names : {&row->second.from, &way.from}) {
      for (const auto& name_of : *names) {
        if (name_of != member.to && !contains(member.from, name_of)) member.from.push_back(name_of);
      }
    }
    Fact why = unfit(state, member.to);
    const auto record = state.service_nodes.find(member.to);
    // The takeover that is taken back put it into maintenance.
    const auto by = record == state.service_nodes.end() ? std::nullopt
                                                        : takeover_number(record->second.takeover);
    if (by && way.takeovers.contains(*by) &&
        record->second.state == ServiceNodeState::maintenance) {
      why.clear();
    }
    set.taken_back.insert(way.takeovers.begin(), way.takeovers.end());
    if (!why.empty()) {
      member.refusal = why;
      member.cure =
          make_fit(member.to).then(Cure(CureCode::failback, {.takeover = command.undoes}));
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
    return refuse(ErrorClass::not_found,
                  Fact(FactCode::no_such_service_node, {.value = command.from}),
                  Cure(CureCode::inventory_knows, {.value = names_of(cluster.directory)}));
  }
  if (!command.to.empty()) {
    if (cluster.directory.find(command.to) == nullptr) {
      return refuse(ErrorClass::not_found,
                    Fact(FactCode::no_such_service_node, {.value = command.to}),
                    Cure(CureCode::inventory_knows, {.value = names_of(cluster.directory)}));
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
  std::vector<std::string> unknown, foreign;
  for (const auto& node : asked) {
    const auto row = state.rows.find(node);
    if (row == state.rows.end()) {
      unknown.push_back(node);
    } else if (!belongs(row->second, command.from) && !naming.contains(node) &&
               !moved_away_before(state, row->second, command.from)) {
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
  for (const auto& [name, row] : state.rows) {
    if (!asked.empty() && !asked.contains(name)) continue;
    if (!belongs(row, command.from)) {
      const bool before = moved_away_before(state, row, command.from);
      const bool back = naming.contains(name) && (before || asked.contains(name));
      if (before && !back) set.already.push_back(name);
      if (!back) continue;
    }
    Member member = member_for(state, cluster, command, row);
    if (const Takeover* older = waiting_for(state, row)) {
      const bool so = member.to == row.service_node && does(*older, command);
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
