// The new service node must answer from here before anything is taken from the old one.
#pragma once

#include <optional>

#include "agent/executor/rebind.h"
#include "agent/plan/observation.h"
#include "agent/plan/plan.h"

namespace sn::agent {

// So must every new next hop (lookups still use the old routes). nullopt: all do.
[[nodiscard]] std::optional<Finding> find_silent_target(const Plan& plan,
                                                        const Observation& observation,
                                                        const RebindEnvironment& environment);

}  // namespace sn::agent
