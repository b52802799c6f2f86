#include "coordinator/store/local_engine.h"

namespace sn::coordinator {

Result<State> LocalEngine::claim(WallTime now) {
  auto state = load();
  if (!state) return state;
  state->epoch = next_epoch(*state, now);
  if (Status done = append({PutEpoch{state->epoch}}); !done) return tl::unexpected(done.error());
  return state;
}

void LocalEngine::begin(std::vector<StoreChange> batch, Listener& listener) {
  const Status done = append(batch);
  done ? listener.on_committed() : listener.on_fenced(done.error());
}

}  // namespace sn::coordinator
