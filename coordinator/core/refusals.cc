#include "coordinator/core/refusals.h"

namespace sn::coordinator {

const Takeover* find_or_refuse(const State& state, Outbox& outbox, ClientId client,
                               const std::string& id) {
  const Takeover* takeover = find_takeover(state, id);
  if (takeover == nullptr) {
    outbox.reply(client, RefusalAnswer{Fact(FactCode::no_such_takeover, {.value = id}),
                                       Cure(CureCode::history_lists), 1});
  }
  return takeover;
}

bool refuse_if_frozen(const State& state, Outbox& outbox, ClientId client) {
  if (!state.freeze.frozen) return false;
  outbox.reply(client, RefusalAnswer{Fact(FactCode::frozen_by, {.by = state.freeze.by}),
                                     Cure(CureCode::thaw), 3});
  return true;
}

}  // namespace sn::coordinator
