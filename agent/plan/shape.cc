#include "agent/plan/shape.h"

#include <algorithm>
#include <tuple>

#include "common/base/digest.h"
#include "common/facts/text.h"

namespace sn::agent {

PlannedChange step_of(const MountSwap& swap, const SwapPlace& place) {
  PlannedChange step;
  step.kind = "mount";
  step.path = mount_name(place.place);
  const std::string below = place.subpath.empty() ? "" : "/" + place.subpath;
  step.before = swap.source_before + below + " (" + swap.address_before + ")";
  step.after = swap.source + below + " (" + swap.address + ")";
  // What hangs upon it is carried over.
  for (const auto& nested : place.nested) step.after += " with " + nested;
  return step;
}

PlannedChange step_of(const LeaseChange& change) {
  return {change.holder, change.place(), 0, join(change.before, " "), join(change.after, " ")};
}

std::vector<PlannedChange> steps_of(const Plan& plan) {
  std::vector<PlannedChange> steps;
  for (const auto* files : {&plan.hosts, &plan.files}) {
    for (const auto& file : *files) {
      for (const auto& edit : file.edits) {
        steps.push_back({file.kind, file.path, 0, edit.before, edit.after});
      }
    }
  }
  for (const auto& lease : plan.leases) steps.push_back(step_of(lease));
  for (const auto& route : plan.routes) steps.push_back(route.describe());
  for (const auto& swap : plan.mounts) {
    for (const auto& place : swap.places) steps.push_back(step_of(swap, place));
  }
  // Sorted, so that two files of a directory that are read in another order are no difference.
  std::sort(steps.begin(), steps.end(), [](const PlannedChange& a, const PlannedChange& b) {
    return std::tie(a.path, a.kind, a.before, a.after) <
           std::tie(b.path, b.kind, b.before, b.after);
  });
  return steps;
}

std::string shape_of(const std::vector<PlannedChange>& steps) {
  Digest digest;
  for (const auto& step : steps) {
    digest.add(step.kind).add(step.path).add(step.before).add(step.after);
  }
  return digest.short_hex();
}

}  // namespace sn::agent
