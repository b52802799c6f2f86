// A node as it is: what its files and its kernel say (watch/observe.h), and what its daemons hold
// beside them (leases/holder.h). Blocks where the file system blocks, and not longer than a second
// for all daemons: runs in a disposable child.
#pragma once

#include "agent/plan/observation.h"
#include "agent/watch/observe.h"

namespace sn::agent {

// A daemon that runs and does not say what it asks is unread, and no part of the essential set.
[[nodiscard]] Observation observe_node(const Directory& directory, bool live,
                                       Look look = Look::whole);

}  // namespace sn::agent
