// What a decision does to the durable state: one rule for every store that keeps it in memory.
#pragma once

#include "coordinator/core/state.h"

namespace sn::coordinator {

void apply(const StoreChange& change, State& state);

}  // namespace sn::coordinator
