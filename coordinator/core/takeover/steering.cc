#include "coordinator/core/takeover/steering.h"

#include <set>
#include <utility>

#include "coordinator/core/refusals.h"
#include "coordinator/core/takeover/node_set.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// What an abort finds of a node: an untouched one is given back, one that was told finishes.
enum class Left : uint8_t { nothing, untouched, told, held };
Left left_of(const Assignment& part) {
  // Told anew after a resume, it may have done half of it before.
  const bool half_done = part.outcome.verdict == Verdict::partly;
  if (part.state == AssignmentState::queued) return half_done ? Left::told : Left::untouched;
  // Held for quarantine, not by this takeover; a later clear must not resume it.
  if (is_held_quarantined(part)) {
    return part.told_unix_ms == 0 && !half_done ? Left::untouched : Left::held;
  }
  if (part.state == AssignmentState::held) return Left::held;
  if (part.state != AssignmentState::released) return Left::nothing;
  if (part.verdict == Verdict::pending) {
    return part.told_unix_ms == 0 ? Left::untouched : Left::told;
  }
  const bool failed = part.verdict == Verdict::failed || part.verdict == Verdict::blocked;
  const bool untouched = failed && !half_done;
  return untouched ? Left::untouched : Left::nothing;
}

}  // namespace

void Steering::abort(ClientId client, const AbortCommand& command, Now now) {
  const Takeover* takeover = find_or_refuse(ledger_.state(), outbox_, client, command.takeover);
  if (takeover == nullptr) return;
  if (takeover->state == TakeoverState::aborted) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::takeover_is, {.takeover = takeover->number},
                                             takeover->why),
                                        Cure(CureCode::show, {.takeover = takeover->number}), 3});
    return;
  }
  const State& state = ledger_.state();
  std::vector<std::string> untold, told, held;
  for (const auto& name : takeover->nodes) {
    const Assignment* part = present_of(state, takeover->number, name);
    if (part == nullptr) continue;
    const Left left = left_of(*part);
    if (left == Left::untouched) untold.push_back(name);
    if (left == Left::told) told.push_back(name);
    if (left == Left::held) held.push_back(name);
  }
  if (untold.empty() && told.empty() && takeover->state == TakeoverState::finished) {
    outbox_.reply(
        client,
        RefusalAnswer{Fact(FactCode::nothing_left_to_stop, {.takeover = takeover->number}),
                      Cure(CureCode::failback_takes_it_back, {.takeover = takeover->number}), 3});
    return;
  }
  const uint64_t number = takeover->number;
  const Fact why(FactCode::aborted_by, {.by = command.by});
  ledger_.set(number, TakeoverState::aborted, why);
  outbox_.publish(event::kTakeoverAborted, now, takeover->id(), "", takeover->from,
                  wording::by(command.by));
  const uint64_t generation = ledger_.new_generation(now);
  for (const auto& name : untold) {
    verdicts_.give_back(name, why, generation, now);
    // The node may have been rebooted while it was queued, and be where it was before that.
    const Presence* presence = fleet_.find(name);
    if (presence == nullptr || !presence->connected()) continue;
    rebinds_.converge_again(name, presence->hello, now);
    rebinds_.tell(name, now);
  }
  // The takeover can't be resumed any more: a half-moved node needs a takeover of its own.
  for (const auto& name : takeover->nodes) {
    const Assignment* part = present_of(state, number, name);
    if (part == nullptr) continue;
    Assignment changed = *part;
    for (const Cure& resume :
         {Cure(CureCode::resume, {.takeover = number}),
          Cure(CureCode::resume_nodes, {.nodes = {name}, .takeover = number})}) {
      changed.cure = changed.cure.replaced(resume, resume_or_move(state, *takeover, name));
    }
    if (changed.cure != part->cure) ledger_.put(std::move(changed));
  }
  for (const auto& name : told) {
    if (state.nodes.at(name).present().state == AssignmentState::queued) {
      rebinds_.release(name, now);
    }
  }
  std::vector<ServiceNodeRecord> marked;
  for (const auto& [name, record] : state.service_nodes) {
    if (record.takeover == takeover->id() && record.state != ServiceNodeState::up) {
      marked.push_back(record);
    }
  }
  // running_ does not look at a takeover any more that was stopped or over.
  if (!running_.runs(number)) ledger_.end(number, TakeoverState::aborted, why, now);
  outbox_.reply(client, DoneAnswer{wording::aborted(*takeover, untold, told, held, marked)});
}

void Steering::resume(ClientId client, const ResumeCommand& command, Now now) {
  const Takeover* takeover = find_or_refuse(ledger_.state(), outbox_, client, command.takeover);
  if (takeover == nullptr) return;
  const std::string id = takeover->id();
  const auto refuse = [&](Fact reason, Cure cure) {
    outbox_.reply(client, RefusalAnswer{std::move(reason), std::move(cure), 3});
  };
  const State& state = ledger_.state();
  if (takeover->state == TakeoverState::running) {
    return refuse(Fact(FactCode::is_running, {.takeover = takeover->number}),
                  Cure(CureCode::watch, {.takeover = takeover->number}));
  }
  if (takeover->state == TakeoverState::aborted) {
    return refuse(Fact(FactCode::not_taken_up_again, {.takeover = takeover->number}, takeover->why),
                  Cure(CureCode::plan_then_takeover, {.sn = takeover->from}));
  }
  if (!takeover->filed.empty()) {
    return refuse(Fact(FactCode::nobody_left_to_tell, {.takeover = takeover->number}),
                  Cure(CureCode::history_and_status));
  }
  if (refuse_if_frozen(state, outbox_, client)) return;
  const std::set<std::string> asked(command.nodes.begin(), command.nodes.end());
  const std::set<std::string> without(command.without.begin(), command.without.end());
  std::vector<std::string> foreign;
  for (const auto* names : {&asked, &without}) {
    for (const auto& name : *names) {
      if (!takeover->nodes.contains(name)) foreign.push_back(name);
    }
  }
  if (!foreign.empty()) {
    return refuse(Fact(FactCode::had_no_part, {.nodes = foreign, .takeover = takeover->number}),
                  Cure(CureCode::correct_nodes));
  }
  std::vector<std::string> unfinished, held, left_out;
  std::set<std::string> targets;
  for (const auto& name : takeover->nodes) {
    const Assignment* part = present_of(state, takeover->number, name);
    if (part == nullptr) continue;
    // A node whose plan nobody has seen goes on only if it is named.
    const bool may_go_on = is_held_for_its_plan(*part) && asked.contains(name);
    const bool stays = part->state == AssignmentState::held && !may_go_on;
    if (stays) held.push_back(name);
    if (stays || part->verdict == Verdict::verified) continue;
    if (without.contains(name) || (!asked.empty() && !asked.contains(name))) {
      // One that ended keeps its end; one that waits for its turn must not get it.
      if (part->state == AssignmentState::queued) left_out.push_back(name);
      continue;
    }
    unfinished.push_back(name);
    targets.insert(part->to);
  }
  if (unfinished.empty()) {
    return refuse(
        Fact(FactCode::nobody_left_to_tell, {.nodes = held, .takeover = takeover->number}),
        Cure(CureCode::show, {.takeover = takeover->number}));
  }
  if (!takeover->terms.planned && takeover->undoes == 0 && !left_behind(state, takeover->from)) {
    return refuse(
        Fact(FactCode::not_marked_failed, {.sn = takeover->from}),
        Cure(CureCode::planned_or_abort, {.sn = takeover->from, .takeover = takeover->number}));
  }
  for (const auto& target : targets) {
    // A failback goes to what its takeover had put into maintenance, perhaps of a few nodes only.
    if (takeover->undoes != 0 && state_of(state, target) == ServiceNodeState::maintenance) {
      continue;
    }
    if (const auto why = unfit(state, target); !why.empty()) return refuse(why, make_fit(target));
  }
  const uint64_t number = takeover->number;
  for (const auto& name : left_out) verdicts_.leave_out(name, command.by, now);
  std::set<std::string> awaited;
  for (const auto& name : unfinished) {
    if (!command.stuck.empty()) {
      Assignment other = state.nodes.at(name).present();
      other.terms.stuck = command.stuck.front();
      ledger_.put(std::move(other));
    }
    const Assignment& part = state.nodes.at(name).present();
    Presence* presence = fleet_.find(name);
    if (presence != nullptr && presence->connected()) awaited.insert(name);
    // The node is under way still, and ends by itself.
    const bool under_way = part.state == AssignmentState::released &&
                           part.verdict == Verdict::pending && presence != nullptr &&
                           presence->told_generation == part.generation;
    verdicts_.await_again(name, under_way, command.by, now);
    if (presence == nullptr) continue;
    if (!under_way) presence->told_generation = 0;
    presence->confirmed = {};
  }
  ledger_.resume(number, now);
  running_.add(*takeover, std::move(awaited), now);
  running_.follow(number, client);
  outbox_.publish(event::kTakeoverResumed, now, id, "", takeover->from,
                  wording::resumed(unfinished.size(), command.by));
  outbox_.reply(client, StartedAnswer{summary_of(ledger_.state(), *takeover)}, false);
}

}  // namespace sn::coordinator
