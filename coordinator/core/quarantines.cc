#include "coordinator/core/quarantines.h"

#include <utility>
#include <vector>

#include "coordinator/core/wording.h"

namespace sn::coordinator {

void Quarantines::clear(ClientId client, const ClearNodeCommand& command, Now now) {
  const auto refuse = [&](Fact reason, Cure cure) {
    outbox_.reply(client, RefusalAnswer{std::move(reason), std::move(cure), 3});
  };
  if (find_node(ledger_.state(), command.node) == nullptr) {
    return refuse(Fact(FactCode::no_such_node, {.value = command.node}),
                  Cure(CureCode::status_lists));
  }
  const Presence* presence = fleet_.find(command.node);
  if (presence == nullptr || !presence->connected()) {
    return refuse(Fact(FactCode::must_look_itself, {.node = command.node}),
                  Cure(CureCode::status_node, {.node = command.node}));
  }
  if (!presence->in_quarantine()) {
    outbox_.reply(client, DoneAnswer{wording::in_no_quarantine(command.node)});
    return;
  }
  Asked& asked = asked_[command.node];
  asked.clients.insert(client);
  asked.deadline = now.monotonic + kClearMs;
  outbox_.order(*presence, wire::Clear{});
}

void Quarantines::forget(ClientId client) {
  for (auto& [node, asked] : asked_) asked.clients.erase(client);
}

void Quarantines::take(Presence& presence, const wire::Quarantine& quarantine, Now now) {
  const bool changed = presence.quarantine != quarantine;
  presence.quarantine = quarantine;
  if (changed) {
    settle(presence, now);
    rebinds_.tell(presence.node, now);
  }
  if (presence.in_quarantine()) {
    answer(presence.node, RefusalAnswer{Fact(FactCode::stays_in_quarantine, {.node = presence.node},
                                             quarantine.reason),
                                        presence.quarantine_cure(), 3});
  } else {
    answer(presence.node, DoneAnswer{wording::out_of_quarantine(presence.node)});
  }
}

void Quarantines::settle(const Presence& presence, Now now) {
  const NodeRecord* node = find_node(ledger_.state(), presence.node);
  if (node == nullptr) return;
  const Assignment& present = node->present();
  if (presence.in_quarantine()) {
    outbox_.publish(event::kNodeQuarantined, now, takeover_id_of(present), presence.node, "",
                    text_of(presence.quarantine.reason));
    const bool is_to_move =
        present.state == AssignmentState::queued ||
        (present.state == AssignmentState::released && present.verdict != Verdict::verified);
    if (is_to_move) verdicts_.hold_quarantined(presence.node, presence, now);
    return;
  }
  if (!is_held_quarantined(present)) return;
  outbox_.publish(event::kNodeCleared, now, takeover_id_of(present), presence.node, "",
                  "out of quarantine");
  verdicts_.lift_hold(presence.node, now);
}

void Quarantines::tick(Now now) {
  std::vector<std::string> late;
  for (const auto& [node, asked] : asked_) {
    if (asked.deadline <= now.monotonic) late.push_back(node);
  }
  for (const auto& node : late) {
    answer(node, RefusalAnswer{Fact(FactCode::no_answer_for, {.node = node, .ms = kClearMs}),
                               Cure(CureCode::status_node, {.node = node}), 1});
  }
}

void Quarantines::answer(const std::string& node, const Answer& answer) {
  const auto found = asked_.find(node);
  if (found == asked_.end()) return;
  for (const ClientId client : found->second.clients) outbox_.reply(client, answer);
  asked_.erase(found);
}

}  // namespace sn::coordinator
