// The new service node must answer from here before anything is taken from the old one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/executor/rebind.h"
#include "agent/plan/observation.h"
#include "agent/plan/plan.h"
#include "common/model/service_port.h"

namespace sn::agent {

// So must every new next hop (lookups still use the old routes). nullopt: all do.
[[nodiscard]] std::optional<Finding> find_silent_target(const Plan& plan,
                                                        const Observation& observation,
                                                        const RebindEnvironment& environment);

// Those of `services` that do not answer at the service node's address on a network of the node's
// own, asked three times within a second. None if it has no such address.
[[nodiscard]] std::vector<ServicePort> find_silent_services(
    const std::vector<ServicePort>& services, const std::string& service_node,
    const Observation& observation, const RebindEnvironment& environment);

}  // namespace sn::agent
