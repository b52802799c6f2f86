#include "agent/plan/hindered.h"

#include <algorithm>

#include "agent/plan/shape.h"
#include "common/facts/words.h"
#include "common/wire/plan_group.h"

namespace sn::agent {

namespace {

void take_out_file(const std::string& path, wire::PlanSummary& summary) {
  auto& changes = summary.changes;
  const auto of_it = [&](const PlannedChange& change) { return change.path == path; };
  if (std::erase_if(changes, of_it) > 0 && summary.files > 0) --summary.files;
}

void take_out_mount(const MountSwap& swap, wire::PlanSummary& summary) {
  for (const auto& place : swap.places) {
    const PlannedChange step = step_of(swap, place);
    const auto taken = std::erase(summary.changes, step);
    summary.mounts -= std::min(summary.mounts, static_cast<uint32_t>(taken));
  }
}

void take_out(const std::string& place, Plan& plan) {
  const auto swap = std::find_if(
      plan.mounts.begin(), plan.mounts.end(),
      [&](const MountSwap& other) { return mount_name(other.places.front().place) == place; });
  if (swap != plan.mounts.end()) return take_out_mount(*swap, plan.summary);
  take_out_file(place, plan.summary);
}

}  // namespace

void hinder(Plan& plan, std::vector<Finding> found) {
  if (found.empty()) return;
  wire::PlanSummary& summary = plan.summary;
  bool blocked = false;
  for (auto& finding : found) {
    blocked = blocked || finding.what == FindingClass::blocked;
    take_out(finding.place, plan);
    summary.findings.push_back(std::move(finding));
  }
  sort_by_weight(summary.findings);
  summary.outlook = blocked ? Outlook::blocked : Outlook::partly;
  if (blocked) {
    summary.files = summary.routes = summary.mounts = summary.restored = 0;
    summary.changes.clear();
    summary.reloads.clear();
  }
  summary.group = wire::plan_group(summary);
}

}  // namespace sn::agent
