#include "coordinator/core/verdicts.h"

#include <utility>

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
// coordinator gives is none from a node. A try that failed took back only itself: what an earlier
// try had moved, it left.
Verdict verdict_of(const wire::Outcome& outcome, const TakeoverNode* part) {
  switch (outcome.verdict) {
    case Verdict::verified:
      return outcome.left > 0 ? Verdict::partly : Verdict::verified;
    case Verdict::partly:
      return Verdict::partly;
    case Verdict::blocked:
    case Verdict::failed:
      return part != nullptr && part->outcome.verdict == Verdict::partly &&
                     part->outcome.generation == outcome.generation
                 ? Verdict::partly
                 : outcome.verdict;
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
Explanation explanation_of(const State& state, const std::string& node,
                           const wire::Outcome& outcome, const Takeover* takeover) {
  Explanation why;
  for (const auto& finding : outcome.findings) {
    if (!is_trouble(finding)) continue;
    why.reason = finding.place.empty()
                     ? finding.reason
                     : Fact(FactCode::found_at, {.place = finding.place}, finding.reason);
    why.cure = finding.cure;
    if (!why.reason.empty()) break;
  }
  if (why.reason.empty()) why.reason = Fact(FactCode::references_left, {.count = outcome.left});
  // Half a cure is none: only a second run takes up what was mended on the node.
  if (takeover != nullptr && !why.cure.has_command()) {
    why.cure = why.cure.then(resume_or_move(state, *takeover, node));
  }
  return why;
}

}  // namespace

void Verdicts::take_outcome(const std::string& node, const wire::Outcome& outcome, Now now) {
  const State& state = ledger_.state();
  const auto found = state.rows.find(node);
  if (found == state.rows.end()) return;
  Row row = found->second;
  if (heard_after_all(row, outcome)) {
    hold(row,
         Fact(FactCode::heard_after_all,
              {.sn = row.service_node,
               .to = outcome.to,
               .takeover = takeover_number(outcome.takeover).value_or(0)}),
         repair_or_leave(state, outcome.to, node), now);
    return;
  }
  // An outcome of another generation, or of a row that was decided otherwise since, is the node's
  // past.
  if (row.state == RowState::observed || outcome.generation != row.generation) return;
  if (outcome.to != row.service_node) {
    hold(row, Fact(FactCode::rebound_elsewhere, {.sn = row.service_node, .to = outcome.to}),
         Cure(CureCode::decide_anew, {.nodes = {node}}), now);
    return;
  }
  const Takeover* takeover = takeover_of(state, row);
  const TakeoverNode* part = part_of(takeover, node);
  const Verdict verdict = verdict_of(outcome, part);
  if (verdict == Verdict::none) return;
  wire::Outcome said = outcome;
  said.verdict = verdict;
  // The outcome is of the try before a resume: it is on record, and a hello repeats it.
  if (part != nullptr && row.verdict == Verdict::pending && verdict != Verdict::verified &&
      part->outcome == said) {
    return;
  }
  Explanation why;
  if (verdict != Verdict::verified) why = explanation_of(state, node, outcome, takeover);
  if (row.verdict == verdict && row.reason == why.reason) return;  // said before
  if (row.state == RowState::held || row.state == RowState::queued) {
    // The node was told before it was held, or before it was queued anew, and has answered: nothing
    // is left to decide.
    row.state = RowState::released;
    ledger_.put(row);
  }
  publish_changes(row, outcome, now);
  if (Presence* presence = fleet_.find(node)) presence->drift.clear();
  // The node withdrew its earlier 'verified': restore the from-set it was given.
  if (part != nullptr && verdict != Verdict::verified && row.from.empty()) row.from = part->from;
  set(std::move(row), verdict, std::move(why.reason), std::move(why.cure), &said, now);
}

// Given back as one that was not told, and yet it moved: its word that it had heard was lost.
bool Verdicts::heard_after_all(const Row& row, const wire::Outcome& outcome) const {
  const Takeover* takeover = find_takeover(ledger_.state(), outcome.takeover);
  if (takeover == nullptr || takeover->state != TakeoverState::aborted || is_of(row, *takeover)) {
    return false;
  }
  const TakeoverNode* part = part_of(takeover, row.node);
  const bool moved = outcome.verdict == Verdict::verified || outcome.verdict == Verdict::partly;
  return part != nullptr && part->generation == outcome.generation &&
         row.generation > outcome.generation && row.service_node == part->previous &&
         row.takeover == part->previous_takeover && outcome.to != row.service_node && moved;
}

void Verdicts::publish_changes(const Row& row, const wire::Outcome& outcome, Now now) {
  for (const auto& change : outcome.changes) {
    outbox_.publish(event::kNodeChanged, now, row.takeover, row.node, row.service_node,
                    wording::change(change));
  }
}

void Verdicts::take_refusal(const std::string& node, const wire::Refused& refused, Now now) {
  const State& state = ledger_.state();
  const auto found = state.rows.find(node);
  if (found == state.rows.end() || refused.takeover.empty()) return;
  const Row& row = found->second;
  if (row.takeover != refused.takeover || row.state != RowState::released ||
      row.verdict == Verdict::verified) {
    return;
  }
  if (refused.generation > row.generation) {
    hold(row,
         Fact(FactCode::seen_newer_generation,
              {.generation = refused.generation, .other_generation = row.generation}),
         Cure(CureCode::decide_anew, {.nodes = {node}}), now);
    return;
  }
  if (row.verdict == Verdict::blocked && row.reason == refused.reason) return;
  set(row, Verdict::blocked, refused.reason, refused.cure, nullptr, now);
}

void Verdicts::give_back(const Row& row, const Fact& why, uint64_t generation, Now now) {
  const State& state = ledger_.state();
  const Takeover* takeover = takeover_of(state, row);
  const TakeoverNode* found = part_of(takeover, row.node);
  if (found == nullptr) return;
  const uint64_t number = takeover->number;
  TakeoverNode part = *found;
  Row back = row;
  back.service_node = part.previous;
  back.from = part.previous_from;
  back.generation = generation;
  back.state = part.previous_state;
  back.verdict = part.previous_verdict;
  back.undo = 0;
  back.reason.clear();
  back.cure.clear();
  back.takeover = part.previous_takeover;
  const bool had_arrived =
      part.previous_state == RowState::observed || part.previous_verdict == Verdict::verified;
  if (!had_arrived) {
    // Nothing takes up by itself what an older takeover had begun.
    back.state = RowState::held;
    back.verdict = Verdict::held;
    back.reason = Fact(FactCode::was_on_its_way,
                       {.sn = part.previous, .sns = part.previous_from, .takeover = number});
    back.cure = part.previous_from.empty()
                    ? repair_of(state, part.previous, row.node)
                    : Cure(CureCode::move_node_planned,
                           {.sn = part.previous_from.front(), .nodes = {row.node}});
  }
  // Untouched, if it was told: what it said stays on record.
  if (!is_final(part.verdict)) {
    part.verdict = Verdict::held;
    part.reason = Fact(FactCode::not_told_still_on, {.sn = part.previous}, why);
    part.ended_unix_ms = now.wall.unix_ms;
  }
  part.cure = had_arrived ? repair_of(state, part.previous, row.node) : back.cure;
  part.note(now.wall.unix_ms, Fact(FactCode::given_back_to, {.sn = part.previous}, why));
  outbox_.publish(event::kNodeGivenBack, now, takeover->id(), row.node, part.previous,
                  text_of(why));
  if (const Takeover* older = takeover_of(state, back)) {
    back.planned = older->planned;
    back.strict = older->strict;
    back.stuck = older->stuck;
    if (const TakeoverNode* before = part_of(older, row.node)) {
      TakeoverNode restored = *before;
      restored.restored_generation = generation;
      ledger_.put(older->number, std::move(restored));
    }
  }
  const std::string node = row.node;
  ledger_.put(number, std::move(part));
  ledger_.put(std::move(back));
  running_.settled(number, node, now);
}

void Verdicts::hold_quarantined(const Row& row, const Presence& presence, Now now) {
  hold(row, Fact(FactCode::in_quarantine, {}, presence.quarantine.reason),
       presence.quarantine_cure(), now);
}

void Verdicts::release(Row row, Now now) {
  const Takeover* of = takeover_of(ledger_.state(), row);
  const TakeoverNode* part = part_of(of, row.node);
  // A node whose turn had not come is queued again.
  const bool has_turns =
      of != nullptr && (of->state == TakeoverState::running || of->state == TakeoverState::stopped);
  const bool untold = part != nullptr && part->told_unix_ms == 0;
  row.state = has_turns && untold ? RowState::queued : RowState::released;
  row.verdict = Verdict::pending;
  row.reason.clear();
  row.cure.clear();
  if (of != nullptr) {
    record(of->number, row, nullptr, now);
    if (row.state == RowState::queued) running_.requeue(of->number, row.node);
  }
  ledger_.put(std::move(row));
}

void Verdicts::hold(const Row& row, Fact reason, Cure cure, Now now) {
  if (row.state == RowState::held && row.reason == reason) return;
  set(row, Verdict::held, std::move(reason), std::move(cure), nullptr, now);
}

void Verdicts::set(Row row, Verdict verdict, Fact reason, Cure cure, const wire::Outcome* outcome,
                   Now now) {
  row.verdict = verdict;
  row.reason = std::move(reason);
  row.cure = std::move(cure);
  if (verdict == Verdict::held) row.state = RowState::held;
  const Takeover* takeover = takeover_of(ledger_.state(), row);
  const uint64_t number = takeover == nullptr ? 0 : takeover->number;
  if (number != 0) record(number, row, outcome, now);
  // Arrived: the past is no longer to be removed from it.
  if (verdict == Verdict::verified) row.from.clear();
  outbox_.publish(event_of(verdict), now, row.takeover, row.node, row.service_node,
                  wording::verdict(row));
  const std::string node = row.node;
  ledger_.put(std::move(row));
  if (number != 0 && is_final(verdict)) running_.settled(number, node, now);
}

void Verdicts::record(uint64_t takeover, const Row& row, const wire::Outcome* outcome, Now now) {
  const TakeoverNode* found = part_of(&ledger_.state().takeovers.at(takeover), row.node);
  TakeoverNode part = found == nullptr ? TakeoverNode{} : *found;
  part.node = row.node;
  part.verdict = row.verdict;
  part.reason = row.reason;
  part.cure = row.cure;
  if (is_final(row.verdict)) part.ended_unix_ms = now.wall.unix_ms;
  const std::string verdict(to_string(row.verdict));
  part.note(now.wall.unix_ms,
            row.reason.empty()
                ? Fact(FactCode::ended_on, {.sn = row.service_node, .value = verdict})
                : Fact(FactCode::ended_because, {.value = verdict}, row.reason));
  if (outcome != nullptr) part.outcome = *outcome;
  ledger_.put(takeover, std::move(part));
}

}  // namespace sn::coordinator
