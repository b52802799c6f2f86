// A rebind up to its commit point, and back: whatever can be prepared is prepared, and taken away
// again. It finds what only that finds: an export that is missing on the new service node, a full
// or read-only file system.
#pragma once

#include "agent/executor/rebind.h"
#include "common/wire/messages.h"

namespace sn::agent {

// The plan, with what can't be prepared as `blocked` findings (the node would not be moved) and
// `left` ones. Killed in the middle, it leaves a journal that names its temporaries and has no
// intent: the next start clears them away.
[[nodiscard]] wire::PlanSummary rehearse(const PlanRequest& request,
                                         const RebindEnvironment& environment);

}  // namespace sn::agent
