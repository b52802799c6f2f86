#include "coordinator/core/rebinds.h"

#include <utility>
#include <vector>

#include "common/model/unready.h"
#include "coordinator/core/hello.h"
#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// The node is where it belongs, and asks again for what did not answer it there: it becomes
// verified by itself when that does.
bool waits_for_a_service(const Assignment& present, Now now) {
  return present.verdict == Verdict::partly && says_unready(present.reason) &&
         now.wall.unix_ms - present.ended_unix_ms < kServiceWaitsMs;
}

}  // namespace

void Rebinds::release(const std::string& node, Now now) {
  Assignment released = ledger_.state().nodes.at(node).present();
  released.state = AssignmentState::released;
  ledger_.put(std::move(released));
  send_order(node, now);
}

const Assignment* Rebinds::to_be_told(const std::string& name, Now now) {
  const State& state = ledger_.state();
  const NodeRecord* node = find_node(state, name);
  Presence* presence = fleet_.find(name);
  if (node == nullptr || presence == nullptr || !presence->connected()) return nullptr;
  const Assignment& present = node->present();
  if (present.state != AssignmentState::released || present.verdict == Verdict::verified) {
    return nullptr;
  }
  if (state.freeze.frozen || present.still_to_leave().empty()) return nullptr;
  if (presence->in_quarantine()) {
    verdicts_.hold_quarantined(name, *presence, now);
    return nullptr;
  }
  const Takeover* takeover = takeover_of(state, present);
  // What went wrong on the node may be why no other node is told: a person looks first.
  if (takeover != nullptr && is_final(present.verdict) &&
      (takeover->state == TakeoverState::stopped || takeover->state == TakeoverState::aborted)) {
    return nullptr;
  }
  // A node with nothing to leave may be told: it changes nothing and reports verified.
  if (!may_converge(state, present) && intersects(presence->bound_to(), present.from)) {
    verdicts_.hold(name,
                   Fact(FactCode::over_before_it_moved,
                        {.to = present.to, .sns = present.from, .takeover = present.takeover}),
                   Cure(CureCode::move_node_planned, {.sn = present.from.front(), .nodes = {name}}),
                   now);
    return nullptr;
  }
  return &present;
}

void Rebinds::tell(const std::string& name, Now now) {
  const Assignment* present = to_be_told(name, now);
  if (present == nullptr) return;
  // Of a takeover that is forgotten nothing says how many may go.
  if (takeover_of(ledger_.state(), *present) == nullptr) return send_order(name, now);
  late_.arrive(*present);
}

void Rebinds::tell_late(bool look, Now now) {
  if (ledger_.state().freeze.frozen) return;
  for (const auto& name : late_.take_due(look, now)) send_order(name, now);
}

void Rebinds::send_order(const std::string& name, Now now) {
  const Assignment* told = to_be_told(name, now);
  if (told == nullptr) return;
  const Assignment& present = *told;
  Presence* presence = fleet_.find(name);
  const Terms& terms = present.terms;
  wire::Rebind order{takeover_id_of(present),
                     present.generation,
                     name,
                     present.from,
                     present.to,
                     terms.planned,
                     terms.strict,
                     terms.stuck,
                     present.undo,
                     {},
                     {},
                     entries_of(directory_, present.from, present.to),
                     0};
  // What ended once is not done as planned any more: half of it may be there.
  const ConfirmedPlan* confirmed =
      presence->confirmed_for(present.generation, present.from, present.to, present.undo);
  if (confirmed != nullptr && present.outcome.verdict == Verdict::none) {
    order.plan_hash = confirmed->hash;
    order.plan_shape = confirmed->shape;
    const Takeover* takeover = takeover_of(ledger_.state(), present);
    const KeptPlan* plan = takeover == nullptr ? nullptr : takeover->plan_of(present.group);
    if (plan != nullptr && present.plan_hash == confirmed->hash) {
      order.kept_lines = static_cast<uint32_t>(plan->changes.size());
    }
  }
  outbox_.order(*presence, std::move(order));
  if (presence->told_generation != present.generation) {
    ledger_.note_told(name, now);
    outbox_.publish(event::kNodeTold, now, takeover_id_of(present), name, present.to,
                    wording::told(present));
  }
  presence->told_generation = present.generation;
  presence->told = now.monotonic;
}

void Rebinds::tell_pending(Now now) {
  std::vector<std::string> due;
  for (const NodeRecord* node : table_of(ledger_.state())) {
    const Assignment& present = node->present();
    if (present.state == AssignmentState::released && present.verdict == Verdict::pending) {
      due.push_back(node->node);
    }
  }
  for (const auto& name : due) tell(name, now);
}

void Rebinds::resend(Now now) {
  std::vector<std::string> due;
  for (const auto& [name, presence] : fleet_.all()) {
    if (!presence.connected()) continue;
    const NodeRecord* node = find_node(ledger_.state(), name);
    if (node == nullptr) continue;
    const int64_t since = now.monotonic - presence.told;
    // Also one that came back over another connection, or to another coordinator, meanwhile.
    const bool waits = since >= kServiceWaitMs && waits_for_a_service(node->present(), now);
    const bool overdue = presence.told_generation != 0 && since >= int64_t{config_.resend_ms} &&
                         node->present().verdict == Verdict::pending;
    if ((waits || overdue) && !late_.waits(name)) due.push_back(name);
  }
  for (const auto& name : due) send_order(name, now);
}

void Rebinds::give_back_unheard(const std::string& node, Now now) {
  const State& state = ledger_.state();
  const Fact why = takeover_of(state, state.nodes.at(node).present())->why;
  verdicts_.give_back(node, why, ledger_.new_generation(now), now);
}

std::vector<std::string> Rebinds::more_of(const NodeRecord& node) const {
  const Presence& presence = *fleet_.find(node.node);
  return more_to_leave(ledger_.state(), node, presence.bound_to(), presence.hello);
}

void Rebinds::widen(const std::string& name) {
  const NodeRecord& node = ledger_.state().nodes.at(name);
  const auto more = more_of(node);
  if (more.empty()) return;
  Assignment wider = node.present();
  wider.from.insert(wider.from.end(), more.begin(), more.end());
  ledger_.put(std::move(wider));
}

void Rebinds::converge_named(const std::string& service_node, Now now) {
  for (const auto& name : fleet_.naming(service_node)) {
    const NodeRecord* node = find_node(ledger_.state(), name);
    const Presence* presence = fleet_.find(name);
    if (node == nullptr || !presence->connected()) continue;
    if (node->present().state == AssignmentState::queued) widen(name);
    // A takeover that waited for the node before has told it, or will.
    const bool is_waited_for = waiting_for(ledger_.state(), *node) != nullptr;
    converge_again(name, presence->hello, now);
    if (!is_waited_for) tell(name, now);
  }
}

void Rebinds::converge_again(const std::string& name, const wire::Hello& hello, Now now) {
  const NodeRecord& node = ledger_.state().nodes.at(name);
  if (!forgot_its_end(node, hello)) return;
  const auto more = more_of(node);
  if (!more.empty()) verdicts_.reopen(name, more, now);
}

}  // namespace sn::coordinator
