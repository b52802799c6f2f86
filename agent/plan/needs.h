// What a node asks its service node for while it runs, as far as its references say: where it will
// ask the new one. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/model/service_port.h"
#include "common/wire/messages.h"

namespace sn::agent {

// Of the references and mounts of these service nodes, sorted, without duplicates. A file whose
// daemon does not run (`running`: names of services) needs nothing. What is asked at boot only is
// none: a node that runs does without.
[[nodiscard]] std::vector<ServicePort> needs_of(const wire::Inventory& inventory,
                                                const std::vector<std::string>& service_nodes,
                                                const std::vector<std::string>& running);

}  // namespace sn::agent
