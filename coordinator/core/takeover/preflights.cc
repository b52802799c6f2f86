#include "coordinator/core/takeover/preflights.h"

#include <algorithm>
#include <utility>

#include "common/facts/text.h"
#include "coordinator/core/refusals.h"
#include "coordinator/core/takeover/summary.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// A person who looks away for longer should look again before saying yes.
constexpr int64_t kQuestionMs = 60'000;
// Beyond what an answer itself may take: the way there and back.
constexpr int64_t kAnswerMs = 500;

}  // namespace

Result<NodeSet> Preflights::resolve(const TakeoverCommand& command) const {
  if (command.undoes != 0) return resolve_failback(ledger_.state(), command);
  return resolve_node_set(ledger_.state(), cluster_, command, fleet_.naming(command.from));
}

void Preflights::begin(ClientId client, const TakeoverCommand& command, Now now) {
  const State& state = ledger_.state();
  // A rehearsal lays files beside those of the node.
  if ((!command.dry_run || command.rehearse) && refuse_if_frozen(state, outbox_, client)) return;
  if (refuse_if_spent(state, outbox_, client)) return;
  if (command.undoes != 0 &&
      find_or_refuse(state, outbox_, client, takeover_id(command.undoes)) == nullptr) {
    return;
  }
  auto set = resolve(command);
  if (!set) {
    outbox_.reply(client, RefusalAnswer{set.error().why, set.error().cure, 3});
    return;
  }
  if (set->members.empty()) {
    outbox_.reply(client, DoneAnswer{wording::nothing_to_do(command.from, set->already)});
    return;
  }
  auto preflight = std::make_unique<Preflight>(
      ++requests_, client, command, std::move(*set),
      now.monotonic + (command.rehearse ? config_.rehearsal_ms : config_.preflight_ms));
  probe_all(*preflight);
  for (const auto& [name, member] : preflight->set.members) ask_node(*preflight, name, member);
  if (command.dry_run) await_absent(*preflight, now);
  preflights_.push_back(std::move(preflight));
}

// A plan has the time to wait for whom the takeover would wait.
void Preflights::await_absent(Preflight& preflight, Now now) const {
  for (const auto& [name, member] : preflight.set.members) {
    const Presence* presence = fleet_.find(name);
    if (presence != nullptr && !member.to.empty() &&
        presence->lately_there(now.monotonic, config_.beat_interval_ms)) {
      preflight.expect_report(name);
    }
  }
}

void Preflights::on_arrival(const std::string& node) {
  for (auto& preflight : preflights_) {
    if (preflight->awaits_plan_of(node)) ask_for_plan(*preflight, node);
    if (!preflight->command.dry_run || !preflight->awaits(node)) continue;
    ask_node(*preflight, node, preflight->set.members.at(node));
  }
}

void Preflights::ask_for_plan(const Preflight& preflight, const std::string& node) {
  const Presence* presence = fleet_.find(node);
  if (presence == nullptr || !presence->connected()) return;
  outbox_.send(*presence->connection, wire::TellPlan{preflight.request});
}

// A failback has no `from`: each node leaves its own.
void Preflights::probe_all(Preflight& preflight) {
  probe(preflight, preflight.command.from);
  for (const auto& target : preflight.set.targets) probe(preflight, target);
}

void Preflights::probe(Preflight& preflight, const std::string& service_node) {
  const ServiceNode* found = cluster_.directory.find(service_node);
  if (found == nullptr) return;
  preflight.expect_probe(++requests_, service_node);
  outbox_.ask(look_at(requests_, *found, config_.probe_ms));
}

const Presence* Preflights::expect_answer(Preflight& preflight, const std::string& name,
                                          const Member& member) const {
  const Presence* presence = fleet_.find(name);
  if (member.to.empty() || presence == nullptr || !presence->connected()) return nullptr;
  preflight.expect_report(name);
  return presence;
}

void Preflights::ask_node(Preflight& preflight, const std::string& name, const Member& member) {
  const Presence* presence = expect_answer(preflight, name, member);
  if (presence == nullptr) return;
  const TakeoverCommand& command = preflight.command;
  wire::Preflight asked{preflight.request, member.from,
                        member.to,         command.strict,
                        command.stuck,     config_.probe_ms,
                        member.undo,       entries_of(cluster_.directory, member.from, member.to),
                        command.planned};
  if (command.rehearse) {
    outbox_.order(*presence, wire::Rehearse{std::move(asked)});
  } else {
    outbox_.send(*presence->connection, std::move(asked));
  }
}

void Preflights::confirm(ClientId client, const ConfirmCommand& command, Now now) {
  const auto found = std::find_if(preflights_.begin(), preflights_.end(),
                                  [&](const auto& p) { return p->client == client && p->asking; });
  if (found == preflights_.end()) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::no_question), {}, 1});
    return;
  }
  auto preflight = std::move(*found);
  preflights_.erase(found);
  if (!command.go) {
    // As everything that ends without a takeover although one was asked for.
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::nothing_changed), {}, 3});
    return;
  }
  if (refuse_if_frozen(ledger_.state(), outbox_, client)) return;
  // What it showed may not be so any more: it is shown anew, and asked anew.
  if (now.monotonic - preflight->asked > kQuestionMs) {
    return begin(client, preflight->command, now);
  }
  preflight->asking = false;
  preflight->go = true;
  preflight->vouched = command.fenced;
  look_again(*preflight, now);
  preflights_.push_back(std::move(preflight));
  decide_complete(now);
}

// The answer is as fresh as the yes.
void Preflights::look_again(Preflight& preflight, Now now) {
  preflight.look_again(now.monotonic + config_.probe_ms + kAnswerMs);
  probe_all(preflight);
  for (const auto& [name, member] : preflight.set.members) {
    const Presence* presence = expect_answer(preflight, name, member);
    if (presence == nullptr) continue;
    std::vector<std::string> service_nodes = member.from;
    service_nodes.push_back(member.to);
    outbox_.send(*presence->connection,
                 wire::Look{preflight.request, std::move(service_nodes), config_.probe_ms});
  }
}

void Preflights::on_seen(const std::string& node, const wire::Seen& seen, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->request == seen.request && preflight->go) preflight->seen(node, seen);
  }
  decide_complete(now);
}

void Preflights::on_power(uint64_t request, Power power, const std::string& said, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->request == request) preflight->powered(power, said);
  }
  decide_complete(now);
}

void Preflights::on_report(const Presence& presence, const wire::PlanReport& report, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->request != report.request) continue;
    if (preflight->report(presence.node, report)) ask_for_plan(*preflight, presence.node);
  }
  decide_complete(now);
}

void Preflights::on_plan(const std::string& node, const wire::FullPlan& told, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->request == told.request) preflight->tell(node, told.plan);
  }
  decide_complete(now);
}

void Preflights::on_probe(uint64_t request, const MachineSighting& seen, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->probed(request, seen)) break;
  }
  decide_complete(now);
}

void Preflights::give_up(const std::string& node) {
  for (auto& preflight : preflights_) ask_for_plan(*preflight, preflight->give_up(node));
}

void Preflights::forget(ClientId client) {
  std::erase_if(preflights_, [&](const auto& p) { return p->client == client; });
}

MonotonicTime Preflights::next_tick(MonotonicTime latest) const {
  for (const auto& preflight : preflights_) {
    if (preflight->asking) continue;
    // One that waited only for a node that left is decided at once.
    latest = std::min(latest, preflight->complete() ? MonotonicTime{} : preflight->deadline());
  }
  return latest;
}

void Preflights::decide_complete(Now now) {
  std::vector<std::unique_ptr<Preflight>> ready;
  for (auto& preflight : preflights_) {
    if (!preflight->asking && (preflight->complete() || preflight->deadline() <= now.monotonic)) {
      ready.push_back(std::move(preflight));
    }
  }
  std::erase(preflights_, nullptr);
  for (auto& preflight : ready) decide(std::move(preflight), now);
}

void Preflights::decide(std::unique_ptr<Preflight> preflight, Now now) {
  const TakeoverCommand& command = preflight->command;
  if (config_.knows_power && preflight->wants_power()) {
    preflight->expect_power(now.monotonic + kPowerMs + kAnswerMs);
    outbox_.ask(AskPower{preflight->request, command.from});
    preflights_.push_back(std::move(preflight));
    return;
  }
  if (command.dry_run) {
    PlanAnswer plan = preflight->plan(ledger_.state(), fleet_);
    if (command.rehearse) {
      outbox_.publish(event::kRehearsed, now, "", "", command.from, wording::rehearsed(plan));
    }
    outbox_.reply(preflight->client, std::move(plan));
    return;
  }
  const bool can_ask = command.confirm && !preflight->go;
  if (auto refusal = preflight->refusal(can_ask)) {
    outbox_.reply(preflight->client, std::move(*refusal));
  } else if (can_ask) {
    show_and_ask(std::move(preflight), now);
  } else {
    begin_as_shown(*preflight, now);
  }
}

void Preflights::show_and_ask(std::unique_ptr<Preflight> preflight, Now now) {
  PlanAnswer plan = preflight->plan(ledger_.state(), fleet_);
  plan.asks = true;
  outbox_.reply(preflight->client, std::move(plan), false);
  preflight->asking = true;
  preflight->asked = now.monotonic;
  preflights_.push_back(std::move(preflight));
}

// Another takeover may have been decided meanwhile: nobody is moved that was not looked at, and
// nobody anywhere but where it was shown to go.
void Preflights::begin_as_shown(const Preflight& preflight, Now now) {
  const TakeoverCommand& command = preflight.command;
  const auto set = resolve(command);
  if (!set) {
    outbox_.reply(preflight.client, RefusalAnswer{set.error().why, set.error().cure, 3});
  } else if (set->members.empty()) {
    refuse_as_late(preflight);
  } else if (!preflight.covers(*set)) {
    outbox_.reply(preflight.client,
                  RefusalAnswer{Fact(FactCode::table_changed),
                                Cure(CureCode::looks_again, {.value = command_line(command)}), 3});
  } else {
    TakeoverCommand decided = command;
    decided.fenced |= preflight.vouched;
    std::map<std::string, ConfirmedPlan> confirmed;
    for (const auto& [name, member] : set->members) {
      confirmed.emplace(name, preflight.plan_of(name));
    }
    const auto generation = start_.begin(preflight.client, decided, *set,
                                         preflight.plan(ledger_.state(), fleet_), confirmed, now);
    for (auto& [name, plan] : confirmed) {
      Presence* presence = fleet_.find(name);
      if (presence == nullptr) continue;
      presence->confirmed = std::move(plan);
      presence->confirmed.generation = presence->confirmed.hash.empty() ? 0 : generation;
    }
  }
}

void Preflights::refuse_as_late(const Preflight& preflight) {
  const State& state = ledger_.state();
  uint64_t newest = 0;
  for (const auto& [name, member] : preflight.set.members) {
    const NodeRecord* node = find_node(state, name);
    if (node != nullptr) newest = std::max(newest, node->present().takeover);
  }
  const auto takeover = state.takeovers.find(newest);
  Fact why(FactCode::table_changed);
  if (takeover != state.takeovers.end()) {
    const auto summary = summary_of(state, takeover->second);
    why = Fact(FactCode::moved_meanwhile,
               {.by = takeover->second.by, .sns = summary.targets, .takeover = newest});
  }
  outbox_.reply(preflight.client,
                RefusalAnswer{why, Cure(CureCode::show, {.takeover = newest}), 3});
}

}  // namespace sn::coordinator
