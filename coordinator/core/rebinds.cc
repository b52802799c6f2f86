#include "coordinator/core/rebinds.h"

#include <utility>
#include <vector>

#include "coordinator/core/hello.h"
#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

void Rebinds::tell(const std::string& node, Now now) {
  const State& state = ledger_.state();
  const auto found = state.rows.find(node);
  Presence* presence = fleet_.find(node);
  if (found == state.rows.end() || presence == nullptr || !presence->connected()) return;
  const Row& row = found->second;
  if (row.state != RowState::released || row.verdict == Verdict::verified) return;
  if (state.freeze.frozen || row.from.empty()) return;
  if (presence->in_quarantine()) {
    verdicts_.hold_quarantined(Row(row), *presence, now);
    return;
  }
  const Takeover* takeover = takeover_of(state, row);
  // What went wrong on the node may be why no other node is told: a person looks first.
  if (takeover != nullptr && is_final(row.verdict) && is_of(row, *takeover) &&
      (takeover->state == TakeoverState::stopped || takeover->state == TakeoverState::aborted)) {
    return;
  }
  // A node with nothing to leave may be told: it changes nothing and reports verified.
  if (!may_converge(state, row) && intersects(presence->bound_to(), row.from)) {
    verdicts_.hold(row,
                   Fact(FactCode::over_before_it_moved,
                        {.to = row.service_node,
                         .sns = row.from,
                         .takeover = takeover_number(row.takeover).value_or(0)}),
                   Cure(CureCode::move_node_planned, {.sn = row.from.front(), .nodes = {node}}),
                   now);
    return;
  }
  outbox_.send(*presence->connection,
               wire::Rebind{row.takeover, row.generation, row.node, row.from, row.service_node,
                            row.planned, row.strict, row.stuck, row.undo,
                            presence->plan_hash(row.from, row.service_node, row.undo)});
  if (presence->told_generation != row.generation) {
    if (takeover != nullptr) ledger_.note_told(takeover->number, node, now);
    outbox_.publish(event::kNodeTold, now, row.takeover, node, row.service_node,
                    wording::told(row));
  }
  presence->told_generation = row.generation;
  presence->told = now.monotonic;
}

void Rebinds::tell_pending(Now now) {
  std::vector<std::string> due;
  for (const auto& [name, row] : ledger_.state().rows) {
    if (row.state == RowState::released && row.verdict == Verdict::pending) due.push_back(name);
  }
  for (const auto& name : due) tell(name, now);
}

void Rebinds::resend(Now now) {
  const auto& rows = ledger_.state().rows;
  std::vector<std::string> due;
  for (const auto& [node, presence] : fleet_.all()) {
    const bool told = presence.told_generation != 0 && presence.connected();
    if (!told || now.monotonic - presence.told < int64_t{config_.resend_ms}) continue;
    const auto row = rows.find(node);
    if (row != rows.end() && row->second.verdict == Verdict::pending) due.push_back(node);
  }
  for (const auto& node : due) tell(node, now);
}

void Rebinds::give_back_unheard(const std::string& node, Now now) {
  const Row& row = ledger_.state().rows.at(node);
  verdicts_.give_back(Row(row), takeover_of(ledger_.state(), row)->why,
                      ledger_.new_generation(fleet_.highest_generation(), now), now);
}

bool Rebinds::widen(Row& row) const {
  const Presence& presence = *fleet_.find(row.node);
  const auto more = more_to_leave(ledger_.state(), row, presence.bound_to(), presence.hello);
  row.from.insert(row.from.end(), more.begin(), more.end());
  return !more.empty();
}

void Rebinds::converge_named(const std::string& service_node, Now now) {
  for (const auto& node : fleet_.naming(service_node)) {
    const auto found = ledger_.state().rows.find(node);
    const Presence* presence = fleet_.find(node);
    if (found == ledger_.state().rows.end() || !presence->connected()) continue;
    Row row = found->second;
    if (row.state == RowState::queued && widen(row)) ledger_.put(std::move(row));
    converge_again(node, presence->hello, now);
    // A takeover that still waits for the node has told it, or will.
    if (waiting_for(ledger_.state(), ledger_.state().rows.at(node)) == nullptr) tell(node, now);
  }
}

void Rebinds::converge_again(const std::string& node, const wire::Hello& hello, Now now) {
  Row row = ledger_.state().rows.at(node);
  if (!forgot_its_end(row, hello) || !widen(row)) return;
  outbox_.publish(event::kDrift, now, row.takeover, node, row.from.front(),
                  wording::rebooted_and_names(row.from));
  row.verdict = Verdict::pending;
  ledger_.put(std::move(row));
}

}  // namespace sn::coordinator
