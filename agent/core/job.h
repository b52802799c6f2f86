// One piece of work that is done in a disposable child; one at a time. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/mounts/plan_mounts.h"
#include "agent/plan/plan_request.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct Job {
  enum class Kind { inspect, plan, rehearse, rebind, clear } kind = Kind::inspect;
  uint64_t request = 0;  // 0: our own
  bool answer = false;   // the session waits for it

  bool with_mentions = false;  // of inspect: files that no rule owns are scanned too

  PlanRequest plan;  // of plan and rehearse
  bool observes =
      false;  // of plan: a rehearsal was asked for, and nothing is staged (observe mode)

  // Of rebind.
  wire::Rebind rebind;
  bool recovering = false;  // finishes what was begun and is past its commit point
  bool names_only = false;  // scripts are looked for by their names: their arguments can't be read
  std::optional<MonotonicTime> waits_since;  // for scripts of xCAT
  bool may_go_ahead = false;  // the scripts have been waited for long enough: see wire::WentAhead
  std::string awaited;        // the service node that the scripts wait for; the way has moved
  std::vector<PlannedChange> ahead;  // what was changed while they were at work
  int crashes = 0;                   // of children in a row that were to do it
  Fact open_step;                    // what the interrupted one was in the middle of
  std::vector<MountSwap> unfinished_swaps;
};

[[nodiscard]] inline bool is_rebind(const Job& job) { return job.kind == Job::Kind::rebind; }

// Not begun: the node is untouched, and says what is to be mended. `inventory`: the last one.
[[nodiscard]] wire::OutcomeReport blocked_outcome(const wire::Rebind& rebind, const Error& error,
                                                  const std::optional<wire::Inventory>& inventory);
// Something was changed while scripts were at work (Job::ahead): then the node is not untouched,
// whatever ended its job.
[[nodiscard]] wire::OutcomeReport as_touched(const Job& job, wire::OutcomeReport report);
// As blocked_outcome, of a plan.
[[nodiscard]] wire::PlanSummary blocked_plan(const PlanRequest& request,
                                             std::vector<Finding> findings,
                                             const std::optional<wire::Inventory>& inventory);

}  // namespace sn::agent
