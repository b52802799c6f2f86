#include "coordinator/core/takeover/preflights.h"

#include <algorithm>
#include <utility>

#include "common/facts/text.h"
#include "coordinator/core/refusals.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// A person who looks away for longer should look again before saying yes.
constexpr int64_t kQuestionMs = 60'000;

}  // namespace

Result<NodeSet> Preflights::resolve(const TakeoverCommand& command) const {
  if (command.undoes != 0) return resolve_failback(ledger_.state(), command);
  return resolve_node_set(ledger_.state(), cluster_, command, fleet_.naming(command.from));
}

void Preflights::begin(ClientId client, const TakeoverCommand& command, Now now) {
  const State& state = ledger_.state();
  // A rehearsal lays files beside those of the node.
  if ((!command.dry_run || command.rehearse) && refuse_if_frozen(state, outbox_, client)) return;
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
  probe(*preflight, command.from);
  for (const auto& target : preflight->set.targets) probe(*preflight, target);
  for (const auto& [name, member] : preflight->set.members) ask_node(*preflight, name, member);
  preflights_.push_back(std::move(preflight));
}

void Preflights::probe(Preflight& preflight, const std::string& service_node) {
  const ServiceNode* found = cluster_.directory.find(service_node);
  if (found == nullptr) return;
  std::vector<std::string> addresses;
  for (const auto& address : found->addresses) addresses.push_back(address.address.to_string());
  preflight.expect_probe(++requests_, service_node);
  outbox_.ask(Probe{requests_, service_node, std::move(addresses), config_.probe_ms});
}

void Preflights::ask_node(Preflight& preflight, const std::string& name, const Member& member) {
  const Presence* presence = fleet_.find(name);
  if (member.to.empty() || presence == nullptr || !presence->connected()) return;
  preflight.expect_report(name);
  const TakeoverCommand& command = preflight.command;
  wire::Preflight asked{preflight.request, member.from,      member.to,  command.strict,
                        command.stuck,     config_.probe_ms, member.undo};
  if (command.rehearse) {
    outbox_.send(*presence->connection, wire::Rehearse{std::move(asked)});
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
  const auto preflight = std::move(*found);
  preflights_.erase(found);
  if (!command.go) {
    // As everything that ends without a takeover although one was asked for.
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::nothing_changed), {}, 3});
    return;
  }
  // The world may have moved while the question stood.
  if (now.monotonic - preflight->asked > kQuestionMs) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::question_too_old, {.ms = kQuestionMs}),
                                        Cure(CureCode::looks_and_asks_again,
                                             {.value = command_line(preflight->command)}),
                                        3});
    return;
  }
  if (refuse_if_frozen(ledger_.state(), outbox_, client)) return;
  begin_as_shown(*preflight, now);
}

void Preflights::on_report(Presence& presence, const wire::PlanReport& report, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->request != report.request) continue;
    preflight->report(presence.node, report);
    const auto member = preflight->set.members.find(presence.node);
    if (member == preflight->set.members.end() || preflight->command.rehearse) continue;
    presence.planned = {member->second.from, member->second.to, member->second.undo,
                        report.plan.hash};
  }
  decide_complete(now);
}

void Preflights::on_probe(uint64_t request, bool alive, const std::string& evidence, Now now) {
  for (auto& preflight : preflights_) {
    if (preflight->probed(request, alive, evidence)) break;
  }
  decide_complete(now);
}

void Preflights::give_up(const std::string& node) {
  for (auto& preflight : preflights_) preflight->give_up(node);
}

void Preflights::forget(ClientId client) {
  std::erase_if(preflights_, [&](const auto& p) { return p->client == client; });
}

MonotonicTime Preflights::next_tick(MonotonicTime latest) const {
  for (const auto& preflight : preflights_) {
    if (!preflight->asking) latest = std::min(latest, preflight->deadline());
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
  if (command.dry_run) {
    PlanAnswer plan = preflight->plan(ledger_.state(), fleet_);
    if (command.rehearse) {
      outbox_.publish(event::kRehearsed, now, "", "", command.from, wording::rehearsed(plan));
    }
    outbox_.reply(preflight->client, std::move(plan));
    return;
  }
  if (auto refusal = preflight->refusal()) {
    outbox_.reply(preflight->client, std::move(*refusal));
    return;
  }
  if (command.confirm) {
    PlanAnswer plan = preflight->plan(ledger_.state(), fleet_);
    plan.asks = true;
    outbox_.reply(preflight->client, std::move(plan), false);
    preflight->asking = true;
    preflight->asked = now.monotonic;
    preflights_.push_back(std::move(preflight));
    return;
  }
  begin_as_shown(*preflight, now);
}

// Another takeover may have been decided meanwhile: nobody is moved that was not looked at, and
// nobody anywhere but where it was shown to go.
void Preflights::begin_as_shown(const Preflight& preflight, Now now) {
  const TakeoverCommand& command = preflight.command;
  const auto set = resolve(command);
  if (!set) {
    outbox_.reply(preflight.client, RefusalAnswer{set.error().why, set.error().cure, 3});
  } else if (set->members.empty()) {
    outbox_.reply(preflight.client, DoneAnswer{wording::every_node_arrived()});
  } else if (!preflight.covers(*set)) {
    outbox_.reply(preflight.client,
                  RefusalAnswer{Fact(FactCode::table_changed),
                                Cure(CureCode::looks_again, {.value = command_line(command)}), 3});
  } else {
    start_.begin(preflight.client, command, *set, preflight.plan(ledger_.state(), fleet_), now);
  }
}

}  // namespace sn::coordinator
