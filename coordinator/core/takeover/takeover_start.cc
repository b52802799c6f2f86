#include "coordinator/core/takeover/takeover_start.h"

#include <utility>

#include "common/model/unready.h"
#include "coordinator/core/names.h"
#include "coordinator/core/takeover/preflight.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

std::vector<KeptPlan> plans_to_keep(const PlanAnswer& shown) {
  std::vector<KeptPlan> plans;
  size_t bytes = 0;
  for (const auto& group : shown.groups) {
    if (group.plan.changes.empty() || plans.size() == kMaxKeptPlans) continue;
    KeptPlan plan{group.id, group.plan.changes, group.plan.findings};
    std::erase_if(plan.findings, [](const Finding& one) { return !is_settled_by_plan(one); });
    for (const auto& change : plan.changes) {
      bytes += change.path.size() + change.before.size() + change.after.size();
    }
    for (const auto& finding : plan.findings) {
      bytes += finding.place.size() + text_of(finding.reason).size();
    }
    if (bytes > kMaxKeptPlanBytes) break;
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace

uint64_t TakeoverStart::begin(ClientId client, const TakeoverCommand& command, const NodeSet& set,
                              const PlanAnswer& shown,
                              const std::map<std::string, ConfirmedPlan>& confirmed, Now now) {
  const uint64_t generation = ledger_.new_generation(now);
  TakeoverHeader header;
  header.number = ledger_.next_takeover();
  header.from = shown.from;
  header.undoes = command.undoes;
  header.back_to = command.back_to;
  header.waves = command.waves;
  header.terms = {command.planned, command.strict, command.stuck};
  header.fenced = command.fenced;
  header.forced = command.force;
  header.by = command.by;
  header.started_unix_ms = now.wall.unix_ms;
  header.timeout_ms = command.timeout_ms;
  header.strays = find_strays(ledger_.state(), fleet_, command.from, set);
  header.plans = plans_to_keep(shown);
  const Takeover& takeover = ledger_.add(std::move(header));
  Draft draft{takeover, generation, confirmed, {}, {}, {}};
  for (const auto& group : shown.groups) {
    for (const auto& name : group.nodes) draft.groups.emplace(name, &group);
  }
  for (const auto& [name, member] : set.members) decide(draft, name, member, now);

  if (command.undoes == 0) {
    mark_left(command, takeover.id(), now);
  } else if (command.nodes.empty()) {
    mark_back(set.taken_back, now);
  }
  running_.add(takeover, std::move(draft.awaited), now);
  running_.follow(takeover.number, client);
  outbox_.publish(event::kTakeoverStarted, now, takeover.id(), "", takeover.from,
                  wording::started(set.members.size(), takeover));
  outbox_.reply(client, StartedAnswer{summary_of(ledger_.state(), takeover)}, false);
  for (const auto& [older, name] : draft.superseded) running_.settled(older, name, now);
  return generation;
}

// One node: it can't be moved, or it is where nobody expected it and is held, or it is queued.
void TakeoverStart::decide(Draft& draft, const std::string& name, const Member& member, Now now) {
  const NodeRecord& node = ledger_.state().nodes.at(name);
  Assignment first;
  first.node = name;
  first.takeover = draft.takeover.number;
  first.from = member.from;
  first.undo = member.undo;
  first.terms = draft.takeover.terms;
  if (const auto group = draft.groups.find(name); group != draft.groups.end()) {
    first.group = group->second->id;
    first.outlook = group->second->outlook;
    first.plan_hash = draft.confirmed.at(name).hash;
  }
  const auto shown = draft.groups.find(name);
  // Where nothing burns a node does not leave for a service node that can't serve it.
  if (shown != draft.groups.end() && says_unready(shown->second->reason)) {
    verdicts_.begin_blocked(std::move(first), shown->second->reason, shown->second->cure, now);
    return;
  }
  if (member.to.empty()) {
    verdicts_.begin_blocked(std::move(first), member.refusal, member.cure, now);
    return;
  }
  // An older takeover that still runs is not to wait for the node any more.
  if (const Takeover* older = waiting_for(ledger_.state(), node)) {
    verdicts_.supersede(name, draft.takeover.number, now);
    draft.superseded.push_back({older->number, name});
  }
  const Presence* presence = fleet_.find(name);
  const auto bound = presence == nullptr ? std::vector<std::string>{} : presence->bound_to();
  auto known = member.from;
  known.push_back(member.to);
  if (!bound.empty() && !intersects(bound, known)) {
    verdicts_.begin_held(std::move(first),
                         Fact(FactCode::reports_instead, {.sn = node.service_node(), .sns = bound}),
                         repair_or_leave(ledger_.state(), bound.front(), name));
    return;
  }
  first.to = member.to;
  first.generation = draft.generation;
  if (presence != nullptr && presence->lately_there(now.monotonic, config_.beat_interval_ms)) {
    draft.awaited.insert(name);
    verdicts_.begin_pending(std::move(first), {});
  } else {
    verdicts_.begin_pending(std::move(first),
                            Fact(presence == nullptr ? FactCode::never_seen : FactCode::down));
  }
  // A table that was lost may have told the node another target: it is to leave that one, too.
  if (presence != nullptr) rebinds_.widen(name);
}

void TakeoverStart::mark_left(const TakeoverCommand& command, const std::string& id, Now now) {
  // A drill with a few nodes says nothing about the whole service node.
  if (command.planned && (!command.nodes.empty() || command.rest)) return;
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
