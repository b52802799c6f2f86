// What became different between two inventories without us. Pure.
#pragma once

#include <vector>

#include "common/wire/messages.h"

namespace sn::agent {

// More is one event too many for a person to read.
inline constexpr size_t kMaxDrifts = 8;

// References that appeared or went, each place once; those that name a service node that was not
// named before come first.
[[nodiscard]] std::vector<wire::Drift> find_drift(const wire::Inventory& before,
                                                  const wire::Inventory& after);

}  // namespace sn::agent
