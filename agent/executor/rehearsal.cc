#include "agent/executor/rehearsal.h"

#include "agent/executor/observe_node.h"
#include "agent/executor/prove.h"
#include "agent/executor/staging.h"
#include "agent/plan/hindered.h"

namespace sn::agent {

wire::PlanSummary rehearse(const PlanRequest& request, const RebindEnvironment& environment) {
  Observation observation = observe_node(environment.directory, environment.live, Look::whole);
  Plan plan = plan_rebind(request, environment, observation);
  if (plan.blocked() || plan.empty()) return std::move(plan.summary);
  std::vector<Finding> found;
  if (auto silent = find_silent_target(plan, observation, environment)) {
    // Its mounts would be asked for in vain, ten seconds each.
    found.push_back(std::move(*silent));
    hinder(plan, std::move(found));
    return std::move(plan.summary);
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
  hinder(plan, std::move(found));
  return std::move(plan.summary);
}

}  // namespace sn::agent
