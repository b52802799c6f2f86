#include "coordinator/core/acknowledgements.h"

#include <utility>
#include <vector>

#include "coordinator/core/status.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

void Acknowledgements::acknowledge(ClientId client, const AckCommand& command, Now now) {
  const State& state = ledger_.state();
  std::vector<Acknowledgement> all;
  for (const auto& name : command.nodes) {
    const NodeRecord* node = find_node(state, name);
    if (node == nullptr) {
      outbox_.reply(client, RefusalAnswer{Fact(FactCode::no_such_node, {.value = name}),
                                          Cure(CureCode::status_lists), 3});
      return;
    }
    const Presence* presence = fleet_.find(name);
    Fact drift = presence == nullptr ? Fact() : drift_of(state, *node, *presence);
    if (drift.empty()) {
      outbox_.reply(client, RefusalAnswer{Fact(FactCode::no_drift, {.node = name}),
                                          Cure(CureCode::status_node, {.node = name}), 3});
      return;
    }
    all.push_back({name, std::move(drift), command.by, now.wall.unix_ms});
  }
  for (auto& one : all) {
    outbox_.publish(event::kDriftAcknowledged, now, "", one.node, "", wording::by(command.by));
    ledger_.put(std::move(one));
  }
  outbox_.reply(client, DoneAnswer{wording::acknowledged(command.nodes)});
}

}  // namespace sn::coordinator
