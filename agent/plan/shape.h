// The shape of a plan: the same steps at the same places. Pure.
//
// A person who confirmed a plan confirmed its steps. Another plan of the same shape does the same
// to the node, even if the files around its steps were edited meanwhile; a plan of another shape is
// one that nobody has seen (promise.h).
#pragma once

#include <string>
#include <vector>

#include "agent/plan/plan.h"

namespace sn::agent {

// What the plan would do, each step at its place: of a file the tokens that change, not the lines
// they stand in, which may hold anything; a route; a mount point; a daemon's servers. `line` is 0,
// because a line that is added above moves no step. Sorted. A blocked plan has none.
[[nodiscard]] std::vector<PlannedChange> steps_of(const Plan& plan);

[[nodiscard]] PlannedChange step_of(const LeaseChange& change);
// How a mount's step is shown, in a plan and in what was carried out.
[[nodiscard]] PlannedChange step_of(const MountSwap& swap, const SwapPlace& place);

// Equal for two plans whose steps are equal: the definition of PlanSummary::shape.
[[nodiscard]] std::string shape_of(const std::vector<PlannedChange>& steps);

}  // namespace sn::agent
