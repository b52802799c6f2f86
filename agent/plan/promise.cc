#include "agent/plan/promise.h"

#include <algorithm>
#include <utility>

#include "agent/plan/shape.h"
#include "agent/plan/shown_line.h"

namespace sn::agent {

namespace {

// "10.1.1.100 -> 10.1.1.101"; what is only added or only removed stands alone.
std::string text_of_step(const PlannedChange& step) {
  const std::string before = shown_lines(step.before), after = shown_lines(step.after);
  if (before.empty()) return "+ " + after;
  if (after.empty()) return "- " + before;
  return before + " -> " + after;
}

// Every step of `some` that `others` does not have as often.
std::vector<PlannedChange> missing_in(const std::vector<PlannedChange>& some,
                                      std::vector<PlannedChange> others) {
  std::vector<PlannedChange> missing;
  for (const auto& step : some) {
    const auto found = std::find(others.begin(), others.end(), step);
    if (found == others.end()) {
      missing.push_back(step);
    } else {
      others.erase(found);
    }
  }
  return missing;
}

}  // namespace

Promise judge_promise(const wire::Rebind& order, const Plan& now) {
  if (order.plan_hash.empty() || order.plan_hash == now.summary.hash || now.empty()) {
    return Promise::kept;
  }
  return order.plan_shape == now.summary.shape ? Promise::replanned : Promise::broken;
}

bool misses_only(const std::vector<std::string>& unasked,
                 const std::vector<PlannedChange>& confirmed, const Plan& now) {
  const auto steps = steps_of(now);
  if (!missing_in(steps, confirmed).empty()) return false;
  const auto missing = missing_in(confirmed, steps);
  return std::all_of(missing.begin(), missing.end(), [&](const PlannedChange& step) {
    return std::find(unasked.begin(), unasked.end(), step.kind) != unasked.end();
  });
}

std::vector<Finding> broken_promise(const std::vector<PlannedChange>* confirmed, const Plan& now) {
  std::vector<Finding> differences;
  const auto tell = [&](const std::vector<PlannedChange>& steps, FactCode code) {
    for (const auto& step : steps) {
      differences.push_back(
          {FindingClass::blocked, step.path, Fact(code, {.value = text_of_step(step)}), {}});
    }
  };
  if (confirmed != nullptr) {
    const auto steps = steps_of(now);
    tell(missing_in(steps, *confirmed), FactCode::step_not_confirmed);
    tell(missing_in(*confirmed, steps), FactCode::step_gone);
  }
  Fact first(FactCode::confirmed_plan_unknown);
  if (!differences.empty()) {
    first =
        Fact(FactCode::found_at, {.place = differences.front().place}, differences.front().reason);
  }
  std::vector<Finding> findings{
      {FindingClass::blocked,
       "",
       Fact(FactCode::plan_differs, {.count = differences.size()}, std::move(first)),
       {}}};
  if (differences.size() > kMaxDifferences) differences.resize(kMaxDifferences);
  findings.insert(findings.end(), differences.begin(), differences.end());
  return findings;
}

}  // namespace sn::agent
