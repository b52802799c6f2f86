#include "coordinator/store/engine.h"

#include <algorithm>

namespace sn::coordinator {

uint64_t next_epoch(const State& state, WallTime now) {
  return std::max(state.epoch + 1, static_cast<uint64_t>(std::max<int64_t>(now.unix_ms, 0)));
}

}  // namespace sn::coordinator
