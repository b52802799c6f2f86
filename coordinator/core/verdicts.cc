#include "coordinator/core/verdicts.h"

#include <utility>

#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

const event::Kind& event_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::verified:
      return event::kNodeVerified;
    case Verdict::partly:
      return event::kNodePartly;
    case Verdict::blocked:
      return event::kNodeBlocked;
    case Verdict::failed:
      return event::kNodeFailed;
    default:
      return event::kNodeHeld;
  }
}

// A node that says verified and has references left is not verified; a verdict that only the
// coordinator gives is none from a node, and it holds itself for its plan alone. A try that failed
// took back only itself: what an earlier try had moved, it left.
Verdict verdict_of(const wire::Outcome& outcome, const Assignment& of) {
  switch (outcome.verdict) {
    case Verdict::verified:
      return outcome.left > 0 ? Verdict::partly : Verdict::verified;
    case Verdict::partly:
      return Verdict::partly;
    case Verdict::blocked:
    case Verdict::failed:
      return of.outcome.verdict == Verdict::partly && of.outcome.generation == outcome.generation
                 ? Verdict::partly
                 : outcome.verdict;
    case Verdict::held:
      return !outcome.findings.empty() && outcome.findings.front().reason.is(FactCode::plan_differs)
                 ? Verdict::held
                 : Verdict::none;
    default:
      return Verdict::none;
  }
}

bool is_trouble(const Finding& finding) {
  return finding.what == FindingClass::blocked || finding.what == FindingClass::left ||
         finding.what == FindingClass::not_in_effect;
}

struct Explanation {
  Fact reason;
  Cure cure;
};

// Why it is not verified, by the node's first finding that says so.
Explanation explanation_of(const State& state, const Assignment& of, const Takeover* takeover) {
  Explanation why;
  for (const auto& finding : of.outcome.findings) {
    if (!is_trouble(finding)) continue;
    why.reason = finding.place.empty()
                     ? finding.reason
                     : Fact(FactCode::found_at, {.place = finding.place}, finding.reason);
    why.cure = finding.cure;
    if (!why.reason.empty()) break;
  }
  if (why.reason.empty()) why.reason = Fact(FactCode::references_left, {.count = of.outcome.left});
  // Half a cure is none: only a second run takes up what was mended on the node.
  if (takeover != nullptr && !why.cure.has_command()) {
    why.cure = why.cure.then(resume_or_move(state, *takeover, of.node));
  }
  return why;
}

// A node knows how long it obeys nothing new, and its clock is not asked for the hour. To the
// minute, so that it is the same when it is said again.
Fact dated(const Fact& reason, WallTime now) {
  if (!reason.is(FactCode::too_many_orders_here)) return reason;
  constexpr uint64_t kMinute = 60'000;
  const uint64_t until = static_cast<uint64_t>(now.unix_ms) + reason.with().ms;
  return Fact(FactCode::too_many_orders,
              {.count = reason.with().count, .ms = (until + kMinute - 1) / kMinute * kMinute});
}

}  // namespace

void Verdicts::begin_blocked(Assignment first, Fact reason, Cure cure, Now now) {
  first.state = AssignmentState::without_effect;
  first.verdict = Verdict::blocked;
  first.reason = std::move(reason);
  first.cure = std::move(cure);
  first.ended_unix_ms = now.wall.unix_ms;
  ledger_.append(std::move(first));
}

void Verdicts::begin_held(Assignment first, Fact reason, Cure cure) {
  first.state = AssignmentState::held;
  first.verdict = Verdict::held;
  first.reason = std::move(reason);
  first.cure = std::move(cure);
  ledger_.append(std::move(first));
}

void Verdicts::begin_pending(Assignment first, Fact why) {
  first.state = AssignmentState::queued;
  first.verdict = Verdict::pending;
  first.reason = std::move(why);
  ledger_.append(std::move(first));
}

void Verdicts::supersede(const std::string& node, uint64_t by, Now now) {
  Assignment over = ledger_.state().nodes.at(node).present();
  over.verdict = Verdict::held;
  over.reason = Fact(FactCode::taken_over_by, {.takeover = by});
  over.cure = Cure(CureCode::show, {.takeover = by});
  over.ended_unix_ms = now.wall.unix_ms;
  over.note(now.wall.unix_ms, over.reason);
  ledger_.put(std::move(over));
}

void Verdicts::take_outcome(const std::string& name, const wire::Outcome& outcome, bool answers,
                            Now now) {
  const State& state = ledger_.state();
  const NodeRecord* node = find_node(state, name);
  if (node == nullptr) return;
  if (heard_after_all(*node, outcome)) {
    hold(name,
         Fact(FactCode::heard_after_all,
              {.sn = node->service_node(),
               .to = outcome.to,
               .takeover = takeover_number(outcome.takeover).value_or(0)}),
         repair_or_leave(state, outcome.to, name), now);
    return;
  }
  // An outcome of another generation, or of a node that was decided otherwise since, is its past;
  // of none, it is invented.
  if (node->present().state == AssignmentState::observed || outcome.generation == 0 ||
      outcome.generation != node->generation()) {
    return;
  }
  if (outcome.to != node->service_node()) {
    hold(name, Fact(FactCode::rebound_elsewhere, {.sn = node->service_node(), .to = outcome.to}),
         Cure(CureCode::decide_anew, {.nodes = {name}}), now);
    return;
  }
  Assignment of = *node->decided();
  const Takeover* takeover = takeover_of(state, of);
  const Verdict verdict = verdict_of(outcome, of);
  if (verdict == Verdict::none) return;
  wire::Outcome said = outcome;
  said.verdict = verdict;
  // Its lines are those of a plan that is on record, or they are not known.
  said.as_planned =
      outcome.as_planned && outcome.plan_hash == of.plan_hash && verdict == Verdict::verified;
  // The outcome is of the try before a resume: it is on record, and a hello repeats it.
  const bool repeated = of.verdict == Verdict::pending && of.outcome == said;
  if (repeated && verdict != Verdict::verified && !answers) return;
  of.outcome = std::move(said);
  Explanation why;
  if (verdict != Verdict::verified) why = explanation_of(state, of, takeover);
  if (verdict == Verdict::held) {
    why.cure = Cure(CureCode::resume_nodes, {.nodes = {name}, .takeover = of.takeover});
  }
  const bool is_held_since = of.serial != node->present().serial;
  if (!is_held_since && of.verdict == verdict && of.reason == why.reason) return;  // said before
  // It was held until somebody decides, and what was decided before has come to its end.
  while (node->present().serial != of.serial) {
    Assignment needless = node->present();
    needless.state = AssignmentState::without_effect;
    ledger_.put(std::move(needless));
  }
  // The node was told before it was held, or before it was queued anew, and has answered: nothing
  // is left to decide.
  of.state = verdict == Verdict::held ? AssignmentState::held : AssignmentState::released;
  if (Presence* presence = fleet_.find(name)) presence->drift.clear();
  ledger_.drop_acknowledgement(name);
  of.arrived = verdict == Verdict::verified;
  set(std::move(of), verdict, std::move(why.reason), std::move(why.cure), now);
}

// Given back as one that was not told, and yet it moved: its word that it had heard was lost.
bool Verdicts::heard_after_all(const NodeRecord& node, const wire::Outcome& outcome) const {
  const Takeover* takeover = find_takeover(ledger_.state(), outcome.takeover);
  if (takeover == nullptr || takeover->state != TakeoverState::aborted) return false;
  const Assignment* part = node.part_of(takeover->number);
  if (part == nullptr || part->generation != outcome.generation) return false;
  const Assignment* before = node.before(*part);
  const bool given_back = before != nullptr && node.present().restores != 0 &&
                          node.present().restores == node.original(*before)->serial;
  const bool moved = outcome.verdict == Verdict::verified || outcome.verdict == Verdict::partly;
  return given_back && node.generation() > outcome.generation &&
         outcome.to != node.service_node() && moved;
}

void Verdicts::take_refusal(const std::string& name, const wire::Refused& refused, Now now) {
  const NodeRecord* node = find_node(ledger_.state(), name);
  if (node == nullptr || refused.takeover.empty()) return;
  const Assignment& present = node->present();
  if (takeover_id_of(present) != refused.takeover || present.state != AssignmentState::released ||
      present.verdict == Verdict::verified) {
    return;
  }
  if (refused.generation > present.generation) {
    hold(name,
         Fact(FactCode::seen_newer_generation,
              {.generation = refused.generation, .other_generation = present.generation}),
         is_beyond_next(ledger_.state(), refused.generation, now.wall)
             ? Cure(CureCode::remove_generation_files)
             : Cure(CureCode::decide_anew, {.nodes = {name}}),
         now);
    return;
  }
  const Fact reason = dated(refused.reason, now.wall);
  if (present.verdict == Verdict::blocked && present.reason == reason) return;
  const bool later = reason.is(FactCode::too_many_orders);
  set(present, Verdict::blocked, reason,
      later ? Cure(CureCode::resume, {.takeover = present.takeover}) : refused.cure, now);
}

void Verdicts::give_back(const std::string& name, const Fact& why, uint64_t generation, Now now) {
  const State& state = ledger_.state();
  const NodeRecord& node = state.nodes.at(name);
  const Takeover* takeover = takeover_of(state, node.present());
  const Assignment* before = node.before(node.present());
  if (takeover == nullptr || before == nullptr) return;
  const std::string home = node.service_node_before(node.present());
  Assignment over = node.present();
  Assignment back = *before;
  back.restores = node.original(*before)->serial;
  back.generation = generation;
  back.undo = 0;
  const bool had_arrived = before->is_settled();
  // What only held the node holds it again, for the same reason.
  if (!had_arrived && !before->to.empty()) {
    // Nothing takes up by itself what an older takeover had begun.
    back.state = AssignmentState::held;
    back.verdict = Verdict::held;
    back.reason = Fact(FactCode::was_on_its_way,
                       {.sn = home, .sns = before->still_to_leave(), .takeover = takeover->number});
    back.cure =
        before->still_to_leave().empty()
            ? repair_of(state, home, name)
            : Cure(CureCode::move_node_planned, {.sn = before->from.front(), .nodes = {name}});
  }
  // Untouched, if it was told: what it said stays on record.
  if (!is_final(over.verdict)) {
    over.verdict = Verdict::held;
    over.reason = Fact(FactCode::not_told_still_on, {.sn = home}, why);
    over.ended_unix_ms = now.wall.unix_ms;
  }
  over.cure = had_arrived ? repair_of(state, home, name) : back.cure;
  over.note(now.wall.unix_ms, Fact(FactCode::given_back_to, {.sn = home}, why));
  outbox_.publish(event::kNodeGivenBack, now, takeover->id(), name, home, text_of(why));
  ledger_.put(std::move(over));
  ledger_.append(std::move(back));
  running_.settled(takeover->number, name, now);
}

void Verdicts::await_again(const std::string& node, bool under_way, const std::string& by,
                           Now now) {
  Assignment again = ledger_.state().nodes.at(node).present();
  again.note(now.wall.unix_ms, Fact(FactCode::resumed_by, {.by = by}));
  again.verdict = Verdict::pending;
  again.reason.clear();
  again.cure.clear();
  again.ended_unix_ms = 0;
  again.canary = again.canary && under_way;
  if (!under_way) {
    again.told_unix_ms = 0;
    again.state = AssignmentState::queued;
  }
  ledger_.put(std::move(again));
}

void Verdicts::leave_out(const std::string& node, const std::string& by, Now now) {
  Assignment out = ledger_.state().nodes.at(node).present();
  out.state = AssignmentState::released;
  const uint64_t takeover = out.takeover;
  set(std::move(out), Verdict::blocked, Fact(FactCode::left_out_by, {.by = by}),
      Cure(CureCode::resume_nodes, {.nodes = {node}, .takeover = takeover}), now);
}

void Verdicts::reopen(const std::string& node, const std::vector<std::string>& names, Now now) {
  Assignment again = ledger_.state().nodes.at(node).present();
  for (const auto& name : names) {
    if (!contains(again.from, name)) again.from.push_back(name);
  }
  again.arrived = false;
  again.verdict = Verdict::pending;
  again.ended_unix_ms = 0;
  outbox_.publish(event::kDrift, now, takeover_id_of(again), node, names.front(),
                  wording::rebooted_and_names(names));
  ledger_.put(std::move(again));
}

void Verdicts::hold_quarantined(const std::string& node, const Presence& presence, Now now) {
  hold(node, Fact(FactCode::in_quarantine, {}, presence.quarantine.reason),
       presence.quarantine_cure(), now);
}

void Verdicts::lift_hold(const std::string& node, Now now) {
  Assignment again = ledger_.state().nodes.at(node).present();
  const Takeover* of = takeover_of(ledger_.state(), again);
  // A node whose turn had not come is queued again.
  const bool has_turns =
      of != nullptr && (of->state == TakeoverState::running || of->state == TakeoverState::stopped);
  const bool queued = has_turns && again.told_unix_ms == 0;
  again.state = queued ? AssignmentState::queued : AssignmentState::released;
  again.verdict = Verdict::pending;
  again.reason.clear();
  again.cure.clear();
  again.note(
      now.wall.unix_ms,
      Fact(FactCode::ended_on, {.sn = again.to, .value = std::string(to_string(again.verdict))}));
  ledger_.put(std::move(again));
  if (queued) running_.requeue(of->number, node);
}

void Verdicts::hold(const std::string& node, Fact reason, Cure cure, Now now) {
  const Assignment& present = ledger_.state().nodes.at(node).present();
  if (present.state == AssignmentState::held && present.reason == reason) return;
  Assignment held = present;
  held.state = AssignmentState::held;
  set(std::move(held), Verdict::held, std::move(reason), std::move(cure), now);
}

void Verdicts::set(Assignment changed, Verdict verdict, Fact reason, Cure cure, Now now) {
  const std::string word(to_string(verdict));
  changed.verdict = verdict;
  changed.reason = std::move(reason);
  changed.cure = std::move(cure);
  if (is_final(verdict)) changed.ended_unix_ms = now.wall.unix_ms;
  const std::string& service_node = ledger_.state().nodes.at(changed.node).service_node();
  changed.note(now.wall.unix_ms,
               changed.reason.empty()
                   ? Fact(FactCode::ended_on, {.sn = service_node, .value = word})
                   : Fact(FactCode::ended_because, {.value = word}, changed.reason));
  outbox_.publish(event_of(verdict), now, takeover_id_of(changed), changed.node, service_node,
                  wording::verdict(changed, service_node));
  const std::string node = changed.node;
  const uint64_t takeover = changed.takeover;
  ledger_.put(std::move(changed));
  if (takeover != 0 && is_final(verdict)) running_.settled(takeover, node, now);
}

}  // namespace sn::coordinator
