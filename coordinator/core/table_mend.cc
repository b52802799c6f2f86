#include "coordinator/core/table_mend.h"

#include <algorithm>

#include "coordinator/core/wording.h"

namespace sn::coordinator {

void TableMend::mend(ClientId client, const MendTableCommand& command, Now now) {
  const State& state = ledger_.state();
  if (!has_spent_generations(state)) {
    outbox_.reply(client, RefusalAnswer{Fact(FactCode::nothing_to_mend), {}, 3});
    return;
  }
  const auto running =
      std::find_if(state.takeovers.begin(), state.takeovers.end(), [](const auto& entry) {
        return entry.second.state == TakeoverState::running ||
               entry.second.state == TakeoverState::stopped;
      });
  if (running != state.takeovers.end()) {
    outbox_.reply(client,
                  RefusalAnswer{Fact(FactCode::still_runs, {.takeover = running->first}),
                                Cure(CureCode::resume_or_abort, {.takeover = running->first}), 3});
    return;
  }
  const auto nodes = ledger_.mend_generations(now);
  outbox_.publish(event::kTableMended, now, "", "", "", wording::by(command.by));
  outbox_.reply(client, DoneAnswer{wording::mended(nodes)});
}

}  // namespace sn::coordinator
