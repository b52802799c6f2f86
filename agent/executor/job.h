// One piece of work that is done in a disposable child; one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/executor/primitives/replace_file.h"
#include "agent/mounts/plan_mounts.h"
#include "agent/watch/boot_scripts.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct Job {
  enum class Kind { inspect, plan, rebind, clear } kind = Kind::inspect;
  uint64_t request = 0;  // 0: our own
  bool answer = false;   // the session waits for it
  bool with_mentions = false;
  bool stage = false;  // of plan: a rehearsal
  bool recovering = false;
  LookAt look_at = LookAt::names_and_arguments;
  std::optional<MonotonicTime> waits_since;  // for scripts of xCAT
  std::string open_step;                     // what the interrupted one was in the middle of
  std::vector<MountSwap> unfinished_swaps;
  wire::Rebind rebind;  // of plan: only what a plan depends on
};

// Of an interrupted rebind or rehearsal; until a child has cleared them away.
struct Leftovers {
  std::vector<StagedFile> staged;
  bool journal = false;
  bool begun = false;  // past its commit point
};

// Not begun: the node is untouched, and says what is to be mended. `inventory`: the last one.
[[nodiscard]] wire::OutcomeReport blocked_outcome(const Job& job, const Error& error,
                                                  const std::optional<wire::Inventory>& inventory);
// The same of a plan.
[[nodiscard]] wire::PlanSummary blocked_plan(const Job& job, std::vector<Finding> findings,
                                             const std::optional<wire::Inventory>& inventory);

}  // namespace sn::agent
