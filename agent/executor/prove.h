// The new service node must answer from here before anything is taken from the old one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/executor/asking.h"
#include "agent/executor/rebind.h"
#include "agent/plan/observation.h"
#include "agent/plan/plan.h"
#include "common/model/service_port.h"

namespace sn::agent {

// So must every new next hop (lookups still use the old routes). nullopt: all do.
[[nodiscard]] std::optional<Finding> find_silent_target(const Plan& plan,
                                                        const Observation& observation,
                                                        const RebindEnvironment& environment);

// How a service node is asked for `services`, at its address on a network of the node's own;
// nullopt: it has none, or nothing is to be asked.
[[nodiscard]] std::optional<Ask> ask_for(const std::vector<ServicePort>& services,
                                         const std::string& service_node,
                                         const Observation& observation,
                                         const RebindEnvironment& environment);

}  // namespace sn::agent
