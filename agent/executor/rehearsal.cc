#include "agent/executor/rehearsal.h"

#include <algorithm>

#include "agent/executor/observe_node.h"
#include "agent/executor/prove.h"
#include "agent/executor/staging.h"
#include "common/base/digest.h"

namespace sn::agent {

namespace {

// Nodes on which the same can't be prepared are one group of the plan.
void add_findings(std::vector<Finding> found, wire::PlanSummary& summary) {
  if (found.empty()) return;
  Digest group;
  group.add(summary.group);
  bool blocked = false;
  for (auto& finding : found) {
    blocked = blocked || finding.what == FindingClass::blocked;
    group.add(to_string(finding.what)).add(finding.place).add(text_of(finding.reason));
    summary.findings.push_back(std::move(finding));
  }
  sort_by_weight(summary.findings);
  summary.group = group.short_hex();
  summary.outlook = blocked ? Outlook::blocked : Outlook::partly;
  if (!blocked) return;
  summary.files = summary.routes = summary.mounts = summary.restored = 0;
  summary.changes.clear();
  summary.reloads.clear();
}

}  // namespace

wire::PlanSummary rehearse(const PlanRequest& request, const RebindEnvironment& environment) {
  Observation observation = observe_node(environment.directory, environment.live, Look::whole);
  Plan plan = plan_rebind(request, environment, observation);
  wire::PlanSummary summary = plan.summary;
  if (plan.blocked() || plan.empty()) return summary;
  std::vector<Finding> found;
  if (auto silent = find_silent_target(plan, observation, environment)) {
    // Its mounts would be asked for in vain, ten seconds each.
    found.push_back(std::move(*silent));
    add_findings(std::move(found), summary);
    return summary;
  }
  const auto fails = [&](const StageFailure& failure) {
    const Error& error = failure.error;
    found.push_back({failure.essential ? FindingClass::blocked : FindingClass::left, failure.place,
                     error.fact(), error.cure});
    // A server that does not answer at all has been waited for; one that answers is asked on.
    return error.what != ErrorClass::timed_out;
  };
  Staging staging(environment, request);
  if (auto status = environment.journal->begin_rehearsal(environment.boot_id); status) {
    staging.stage(plan, environment.journal, fails);
    staging.discard();
  } else {
    found.push_back({FindingClass::blocked, "", status.error().fact(), status.error().cure});
  }
  environment.journal->forget();
  add_findings(std::move(found), summary);
  return summary;
}

}  // namespace sn::agent
