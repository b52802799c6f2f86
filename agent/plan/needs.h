// What a node asks its service node for while it runs, as far as its references say: where it will
// ask the new one. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/plan/observation.h"
#include "common/model/identity.h"
#include "common/model/service_port.h"
#include "common/wire/messages.h"

namespace sn::agent {

// Of the references and mounts of these service nodes, sorted, without duplicates; `inventory` is
// the observation's. A file whose daemon does not run (`running`: names of services) needs nothing.
// What is asked at boot only is none: a node that runs does without.
[[nodiscard]] std::vector<ServicePort> needs_of(const Observation& observation,
                                                const wire::Inventory& inventory,
                                                const IdentityIndex& identity,
                                                const std::vector<std::string>& service_nodes,
                                                const std::vector<std::string>& running);

// The service nodes' logs: one of the node's running log daemons sends to one of them.
[[nodiscard]] bool logs_to(const Observation& observation, const IdentityIndex& identity,
                           const std::vector<std::string>& service_nodes,
                           const std::vector<std::string>& running);

}  // namespace sn::agent
