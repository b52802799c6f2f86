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
  for (const auto& [name, row] : state.rows) {
    if (row.state == RowState::released && row.verdict == Verdict::pending &&
        intersects(row.from, {command.service_node}) && !may_converge(state, row)) {
      held.push_back(name);
    }
  }
  for (const auto& name : held) {
    const Row row = state.rows.at(name);
    verdicts_.hold(row,
                   Fact(FactCode::cleared_before_it_moved,
                        {.sn = command.service_node, .to = row.service_node}),
                   Cure(CureCode::move_node_planned, {.sn = command.service_node, .nodes = {name}}),
                   now);
  }
  const bool answers = returned_.erase(command.service_node) > 0;
  std::vector<uint64_t> stopped;
  for (const auto& [number, takeover] : state.takeovers) {
    if (takeover.state != TakeoverState::stopped || takeover.from != command.service_node) continue;
    const bool any_waits = std::any_of(state.rows.begin(), state.rows.end(), [&](const auto& one) {
      return one.second.state == RowState::queued && is_of(one.second, takeover);
    });
    if (!any_waits) continue;
    stopped.push_back(number);
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
