#include "coordinator/core/service_nodes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

void ServiceNodes::clear(ClientId client, const ClearServiceNodeCommand& command, Now now) {
  const State& state = ledger_.state();
  const auto found = state.service_nodes.find(command.service_node);
  if (found == state.service_nodes.end()) {
    outbox_.reply(
        client, RefusalAnswer{Fact(FactCode::no_such_service_node, {.value = command.service_node}),
                              Cure(CureCode::status_lists), 3});
    return;
  }
  const bool was_failed = found->second.state == ServiceNodeState::failed;
  ledger_.put(ServiceNodeRecord{found->first, ServiceNodeState::up, now.wall.unix_ms, {}});
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
  const bool answers = returned_.erase(command.service_node) > 0;
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
  const bool silent = was_failed && !answers;
  outbox_.reply(client,
                DoneAnswer{wording::marked_up(command.service_node, silent, held, stopped)});
}

bool ServiceNodes::is_failed(const std::string& service_node) const {
  return state_of(ledger_.state(), service_node) == ServiceNodeState::failed;
}

void ServiceNodes::tick(Now now) {
  if (now.monotonic < next_look_) return;
  next_look_ = now.monotonic + kFailedLookMs;
  asked_.clear();  // an answer later than the next question is none
  std::erase_if(returned_, [&](const auto& known) { return !is_failed(known.first); });
  for (const auto& [name, record] : ledger_.state().service_nodes) {
    const ServiceNode* service_node = directory_.find(name);
    if (record.state != ServiceNodeState::failed || service_node == nullptr) continue;
    std::vector<std::string> addresses;
    for (const auto& address : service_node->addresses) {
      addresses.push_back(address.address.to_string());
    }
    asked_[++requests_] = name;
    outbox_.ask(Probe{requests_, name, std::move(addresses), config_.probe_ms});
  }
}

bool ServiceNodes::on_probe(uint64_t request, bool alive, const std::string& evidence, Now now) {
  const auto found = asked_.find(request);
  if (found == asked_.end()) return false;
  const std::string name = found->second;
  asked_.erase(found);
  if (!alive) {
    returned_.erase(name);
  } else if (is_failed(name) &&
             returned_.try_emplace(name, Returned{now.wall.unix_ms, evidence}).second) {
    outbox_.publish(event::kServiceNodeReturned, now, "", "", name,
                    wording::answers_again(evidence));
  }
  return true;
}

}  // namespace sn::coordinator
