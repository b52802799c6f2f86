// What a node with a file of every kind says: the plan and the outcome that tests/bench/rebind.py
// sees on a real one, so that a simulated agent's messages have a real agent's size.
#pragma once

#include <string>

#include "common/model/service_node.h"
#include "common/wire/messages.h"

namespace sn::bench {

// References that name the service node a node is bound to.
inline constexpr uint32_t kReferences = 16;

[[nodiscard]] wire::PlanSummary realistic_plan(const ServiceNode& from, const ServiceNode& to);

[[nodiscard]] wire::Outcome realistic_outcome(const wire::Rebind& rebind, const ServiceNode& from,
                                              const ServiceNode& to);

}  // namespace sn::bench
