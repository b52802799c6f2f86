// After a rebind: is what it changed in effect on this node? What the files and tables say is one
// thing, what works is another. Each function asks the running node and blocks within the deadlines
// of asking.h and bounded.h.
#pragma once

#include <string>
#include <vector>

#include "agent/executor/rebind.h"
#include "agent/executor/staging.h"
#include "agent/plan/plan.h"

namespace sn::agent {

[[nodiscard]] std::vector<std::string> names_of_running(const Services& services);

// A file that names the new service node is worth nothing where that does not serve this node. All
// questions at once; a test line goes out to its log. `not_in_effect`, and a note where the line
// could not be sent.
[[nodiscard]] std::vector<Finding> find_unserved(const wire::Rebind& rebind,
                                                 const RebindEnvironment& environment,
                                                 const wire::Inventory& inventory,
                                                 const Observation& observation,
                                                 const IdentityIndex& identity);

// Routes of the main table that a lookup still leads to who is left.
[[nodiscard]] std::vector<Finding> find_routes_not_in_effect(const Plan& plan,
                                                             const Directory& directory);

// What was swapped must be there and answer.
[[nodiscard]] std::vector<Finding> find_mounts_not_in_effect(const Staging& staging,
                                                             const wire::Inventory& inventory,
                                                             const std::string& to);

}  // namespace sn::agent
