// PlanSummary::group: equal for plans that differ in nothing that a person would care about.
// Whoever is told a plan as that of a group computes it anew: one node's plan stands for all of
// them.
#pragma once

#include <string>

#include "common/wire/messages.h"

namespace sn::wire {

// Of the shape, the outlook, what was found and why (with the kind of its cure), what is reloaded,
// and which places change: of everything that is decided by. What is only mentioned
// (FindingClass::unclaimed) decides nothing.
[[nodiscard]] std::string plan_group(const PlanSummary& plan);

}  // namespace sn::wire
