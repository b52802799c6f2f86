// The plan is a promise: what an administrator confirmed is what is done. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/plan/plan.h"
#include "common/wire/messages.h"

namespace sn::agent {

enum class Promise : uint8_t {
  kept,       // the plan that was confirmed, or no plan was confirmed, or nothing is to be done
  replanned,  // another plan with the same steps at the same places: done, and told
  broken,     // other steps: nobody has seen them, so nothing is done
};

// Of the plan that is made now against what the order names (Rebind::plan_hash, plan_shape).
[[nodiscard]] Promise judge_promise(const wire::Rebind& order, const Plan& now);

// Of a broken one: everything that is missing is a step of a daemon that could not be asked this
// time
// (`unasked`: lease holders), and nothing was added. That daemon is named, and no reason to do
// nothing.
[[nodiscard]] bool misses_only(const std::vector<std::string>& unasked,
                               const std::vector<PlannedChange>& confirmed, const Plan& now);

// Why the node is held: a `blocked` finding with the number of differences and the first of them,
// then one for each step of either plan that the other one does not have (the first
// kMaxDifferences). `confirmed`: its steps; nullptr: they are not known here any more.
inline constexpr size_t kMaxDifferences = 16;  // more is another plan altogether
[[nodiscard]] std::vector<Finding> broken_promise(const std::vector<PlannedChange>* confirmed,
                                                  const Plan& now);

}  // namespace sn::agent
