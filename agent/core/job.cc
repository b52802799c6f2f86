#include "agent/core/job.h"

#include "agent/plan/left_over.h"

namespace sn::agent {

wire::OutcomeReport blocked_outcome(const wire::Rebind& rebind, const Error& error,
                                    const std::optional<wire::Inventory>& inventory) {
  wire::OutcomeReport report;
  report.outcome.takeover = rebind.takeover;
  report.outcome.generation = rebind.generation;
  report.outcome.to = rebind.to;
  report.outcome.verdict = Verdict::blocked;
  report.outcome.findings.push_back({FindingClass::blocked, "", error.fact(), error.cure});
  if (inventory) {
    report.bindings = inventory->bindings;
    report.outcome.left = static_cast<uint32_t>(left_over(*inventory, rebind.from).size());
  }
  return report;
}

wire::OutcomeReport as_touched(const Job& job, wire::OutcomeReport report) {
  wire::Outcome& outcome = report.outcome;
  const bool untouched = outcome.verdict == Verdict::blocked || outcome.verdict == Verdict::failed;
  if (job.ahead.empty() || !untouched) return report;
  outcome.verdict = Verdict::partly;
  for (auto& finding : outcome.findings) {
    if (finding.what == FindingClass::blocked) finding.what = FindingClass::left;
  }
  outcome.changes = job.ahead;
  outcome.changed = static_cast<uint32_t>(job.ahead.size());
  return report;
}

wire::PlanSummary blocked_plan(const PlanRequest& request, std::vector<Finding> findings,
                               const std::optional<wire::Inventory>& inventory) {
  wire::PlanSummary plan;
  plan.outlook = Outlook::blocked;
  if (inventory) {
    plan.references = static_cast<uint32_t>(left_over(*inventory, request.from).size());
  }
  plan.findings = std::move(findings);
  return plan;
}

}  // namespace sn::agent
