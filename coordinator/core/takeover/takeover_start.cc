#include "coordinator/core/takeover/takeover_start.h"

#include <utility>

#include "coordinator/core/names.h"
#include "coordinator/core/takeover/preflight.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

void TakeoverStart::begin(ClientId client, const TakeoverCommand& command, const NodeSet& set,
                          const PlanAnswer& shown, Now now) {
  Draft draft;
  draft.generation = ledger_.new_generation(fleet_.highest_generation(), now);
  Takeover& drafted = draft.takeover;
  drafted.number = ledger_.next_takeover();
  drafted.from = shown.from;
  drafted.undoes = command.undoes;
  drafted.waves = command.waves;
  drafted.planned = command.planned;
  drafted.strict = command.strict;
  drafted.stuck = command.stuck;
  drafted.by = command.by;
  drafted.started_unix_ms = now.wall.unix_ms;
  drafted.timeout_ms = command.timeout_ms;
  drafted.strays = find_strays(ledger_.state(), fleet_, command.from, set);
  for (const auto& [name, member] : set.members) decide(draft, name, member, now);
  for (const auto& group : shown.groups) {
    for (const auto& name : group.nodes) {
      const auto part = drafted.nodes.find(name);
      if (part == drafted.nodes.end()) continue;
      part->second.group = group.id;
      part->second.outlook = group.outlook;
    }
  }

  const Takeover& takeover = ledger_.add(std::move(drafted));
  if (command.undoes == 0) {
    mark_left(command, takeover.id(), now);
  } else if (command.nodes.empty()) {
    mark_back(set.taken_back, now);
  }
  running_.add(takeover, std::move(draft.awaited), now);
  running_.follow(takeover.number, client);
  outbox_.publish(event::kTakeoverStarted, now, takeover.id(), "", takeover.from,
                  wording::started(set.members.size(), takeover));
  outbox_.reply(client, running_.answer_of(takeover, now), false);
  for (const auto& [older, name] : draft.superseded) running_.settled(older, name, now);
}

// One node: it can't be moved, or it is where nobody expected it and is held, or it is queued.
void TakeoverStart::decide(Draft& draft, const std::string& name, const Member& member, Now now) {
  Row row = ledger_.state().rows.at(name);
  TakeoverNode node;
  node.node = name;
  node.previous = row.service_node;
  node.previous_state = row.state;
  node.previous_verdict = row.verdict;
  node.previous_from = row.from;
  node.previous_takeover = row.takeover;
  node.to = member.to;
  node.from = member.from;
  node.undo = member.undo;
  if (member.to.empty()) {
    node.verdict = Verdict::blocked;
    node.reason = member.refusal;
    node.cure = member.cure;
    node.ended_unix_ms = now.wall.unix_ms;
    draft.takeover.nodes.emplace(name, std::move(node));
    return;
  }
  supersede(draft, row, now);
  row.from = member.from;
  row.takeover = draft.takeover.id();
  row.planned = draft.takeover.planned;
  row.strict = draft.takeover.strict;
  row.stuck = draft.takeover.stuck;
  row.undo = member.undo;
  row.reason.clear();
  row.cure.clear();
  const Presence* presence = fleet_.find(name);
  const auto bound = presence == nullptr ? std::vector<std::string>{} : presence->bound_to();
  auto known = member.from;
  known.push_back(member.to);
  if (!bound.empty() && !intersects(bound, known)) {
    row.state = RowState::held;
    row.verdict = Verdict::held;
    row.reason = Fact(FactCode::reports_instead, {.sn = node.previous, .sns = bound});
    row.cure = repair_or_leave(ledger_.state(), bound.front(), name);
    node.verdict = row.verdict;
    node.reason = row.reason;
    node.cure = row.cure;
  } else {
    row.service_node = member.to;
    row.generation = draft.generation;
    row.state = RowState::queued;
    row.verdict = Verdict::pending;
    node.generation = draft.generation;
    // A table that was lost may have told the node another target: it is to leave that one, too.
    if (presence != nullptr && rebinds_.widen(row)) node.from = row.from;
    if (lately_there(presence, now)) {
      draft.awaited.insert(name);
    } else {
      node.reason = Fact(presence == nullptr ? FactCode::never_seen : FactCode::down);
    }
  }
  ledger_.put(std::move(row));
  draft.takeover.nodes.emplace(name, std::move(node));
}

// The node is connected, or was lost so recently that it may be on its way over another path.
bool TakeoverStart::lately_there(const Presence* presence, Now now) const {
  const int64_t lately_ms = int64_t{config_.beat_interval_ms} * 4;
  return presence != nullptr &&
         (presence->connected() || now.monotonic - presence->heard <= lately_ms);
}

// An older takeover that still runs is not to wait for the node any more.
void TakeoverStart::supersede(Draft& draft, const Row& row, Now now) {
  const Takeover* older = waiting_for(ledger_.state(), row);
  if (older == nullptr) return;
  const uint64_t by = draft.takeover.number;
  TakeoverNode node = *part_of(older, row.node);
  node.verdict = Verdict::held;
  node.reason = Fact(FactCode::taken_over_by, {.takeover = by});
  node.cure = Cure(CureCode::show, {.takeover = by});
  node.ended_unix_ms = now.wall.unix_ms;
  node.note(now.wall.unix_ms, node.reason);
  const uint64_t number = older->number;
  ledger_.put(number, std::move(node));
  draft.superseded.push_back({number, row.node});
}

void TakeoverStart::mark_left(const TakeoverCommand& command, const std::string& id, Now now) {
  // A drill with a few nodes says nothing about the whole service node.
  if (command.planned && !command.nodes.empty()) return;
  const auto state = command.planned ? ServiceNodeState::maintenance : ServiceNodeState::failed;
  ledger_.put(ServiceNodeRecord{command.from, state, now.wall.unix_ms, id});
  outbox_.publish(event::kServiceNodeState, now, id, "", command.from,
                  std::string(to_string(state)));
  rebinds_.converge_named(command.from, now);
}

void TakeoverStart::mark_back(const std::set<uint64_t>& taken_back, Now now) {
  const State& state = ledger_.state();
  std::vector<std::string> back;
  for (const auto& [name, record] : state.service_nodes) {
    const auto by = takeover_number(record.takeover);
    if (record.state == ServiceNodeState::maintenance && by && taken_back.contains(*by)) {
      back.push_back(name);
    }
  }
  for (const auto& name : back) {
    ledger_.put(ServiceNodeRecord{name, ServiceNodeState::up, now.wall.unix_ms, {}});
    outbox_.publish(event::kServiceNodeState, now, "", "", name, wording::up_by_failback());
  }
}

}  // namespace sn::coordinator
