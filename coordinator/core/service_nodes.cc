#include "coordinator/core/service_nodes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "coordinator/core/names.h"
#include "coordinator/core/refusals.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

void ServiceNodes::clear(ClientId client, const ClearServiceNodeCommand& command, Now now) {
  const State& state = ledger_.state();
  const auto found = state.service_nodes.find(command.service_node);
  if (found == state.service_nodes.end()) {
    outbox_.reply(client, no_such_service_node(directory_, command.service_node));
    return;
  }
  const ServiceNode* known = directory_.find(command.service_node);
  if (found->second.state == ServiceNodeState::up || known == nullptr) {
    return mark_up({client, command}, false, now);
  }
  looking_[++requests_] = {client, command};
  outbox_.ask(look_at(requests_, *known, config_.probe_ms));
}

bool ServiceNodes::on_probe(uint64_t request, const MachineSighting& seen, Now now) {
  const auto found = looking_.find(request);
  if (found == looking_.end()) return false;
  const Clearing clearing = found->second;
  looking_.erase(found);
  const bool answers = seen.life == Life::serves;
  if (answers || !clearing.command.confirm) {
    mark_up(clearing, !answers, now);
    return true;
  }
  asking_[clearing.client] = clearing;
  outbox_.reply(clearing.client,
                QuestionAnswer{Fact(FactCode::clear_although_silent,
                                    {.sn = clearing.command.service_node, .said = seen.evidence})},
                false);
  return true;
}

bool ServiceNodes::confirm(ClientId client, const ConfirmCommand& command, Now now) {
  const auto found = asking_.find(client);
  if (found == asking_.end()) return false;
  const Clearing clearing = found->second;
  asking_.erase(found);
  if (command.go) {
    mark_up(clearing, true, now);
  } else {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::nothing_changed), {}, 3});
  }
  return true;
}

void ServiceNodes::forget(ClientId client) {
  asking_.erase(client);
  std::erase_if(looking_, [&](const auto& entry) { return entry.second.client == client; });
}

void ServiceNodes::mark_up(const Clearing& clearing, bool silent, Now now) {
  const auto& [client, command] = clearing;
  const State& state = ledger_.state();
  ledger_.put(ServiceNodeRecord{command.service_node, ServiceNodeState::up, now.wall.unix_ms, {}});
  outbox_.publish(event::kServiceNodeState, now, "", "", command.service_node,
                  wording::up_by(command.by));
  std::vector<std::string> held;
  for (const NodeRecord* node : table_of(state)) {
    const Assignment& present = node->present();
    if (present.state == AssignmentState::released && present.verdict == Verdict::pending &&
        contains(present.still_to_leave(), command.service_node) && !may_converge(state, present)) {
      held.push_back(node->node);
    }
  }
  for (const auto& name : held) {
    verdicts_.hold(name,
                   Fact(FactCode::cleared_before_it_moved,
                        {.sn = command.service_node, .to = state.nodes.at(name).service_node()}),
                   Cure(CureCode::move_node_planned, {.sn = command.service_node, .nodes = {name}}),
                   now);
  }
  std::vector<uint64_t> stopped;
  for (const auto& [number, takeover] : state.takeovers) {
    if (takeover.state != TakeoverState::stopped || takeover.from != command.service_node) continue;
    const bool any_waits =
        std::any_of(takeover.nodes.begin(), takeover.nodes.end(), [&](const auto& name) {
          const Assignment* present = present_of(state, number, name);
          return present != nullptr && present->state == AssignmentState::queued;
        });
    if (any_waits) stopped.push_back(number);
  }
  outbox_.reply(client,
                DoneAnswer{wording::marked_up(command.service_node, silent, held, stopped)});
}

}  // namespace sn::coordinator
