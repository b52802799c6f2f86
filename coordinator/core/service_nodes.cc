#include "coordinator/core/service_nodes.h"

#include <utility>
#include <vector>

#include "common/model/node_list.h"
#include "coordinator/core/names.h"

namespace sn::coordinator {

void ServiceNodes::clear(ClientId client, const ClearServiceNodeCommand& command, Now now) {
  const State& state = ledger_.state();
  const auto found = state.service_nodes.find(command.service_node);
  if (found == state.service_nodes.end()) {
    outbox_.reply(client, RefusalAnswer{"no service node is called " + command.service_node,
                                        "snctl status lists them", 3});
    return;
  }
  ledger_.put(ServiceNodeRecord{found->first, ServiceNodeState::up, now.wall.unix_ms, {}});
  outbox_.publish(event::kServiceNodeState, now, "", "", command.service_node,
                  "up, by " + command.by);
  std::vector<std::string> held;
  for (const auto& [name, row] : state.rows) {
    if (row.state == RowState::released && row.verdict == Verdict::pending &&
        intersects(row.from, {command.service_node}) && !may_converge(state, row)) {
      held.push_back(name);
    }
  }
  for (const auto& name : held) {
    const Row row = state.rows.at(name);
    verdicts_.hold(
        row, command.service_node + " was cleared before this node moved to " + row.service_node,
        "snctl takeover " + command.service_node + " --planned --nodes " + name, now);
  }
  std::string text = command.service_node + " is marked up (it was not probed)";
  if (!held.empty()) {
    text += "; " + std::to_string(held.size()) +
            " held, they will not move by themselves: " + fold_node_list(held);
  }
  outbox_.reply(client, DoneAnswer{std::move(text)});
}

}  // namespace sn::coordinator
