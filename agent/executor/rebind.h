// The verb: everything a node does to leave one service node for another. Runs in a disposable
// child (or in the one-shot command), blocks where the file system blocks.
//
//   observe -> plan (is it the one that was confirmed?) -> prove the new service node -> stage ->
//   commit point -> commit -> reload
//   -> observe again -> verdict
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/quarantine.h"
#include "agent/executor/journal.h"
#include "agent/executor/owed_starts.h"
#include "agent/executor/primitives/swap_mount.h"
#include "agent/executor/services.h"
#include "agent/executor/undo_files.h"
#include "agent/plan/plan.h"
#include "agent/plan/plan_request.h"
#include "agent/watch/sockets.h"
#include "agent/watch/unclaimed.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct RebindEnvironment {
  const Directory& directory;
  std::string directory_path = {};  // that it was read from
  const Services& services;
  Journal* journal = nullptr;  // nullptr: a root tree that is not running needs none
  std::string boot_id = {};
  const UndoFiles* undo_files = nullptr;    // as the journal
  const OwedStarts* owed_starts = nullptr;  // as the journal
  bool live = true;
  std::string root = {};                         // of a tree that is not running, from outside
  bool recovering = false;                       // finishes what an earlier process began
  Fact open_step = {};                           // of that one: begun and not known to be done
  std::vector<MountSwap> unfinished_swaps = {};  // of that one: their places may be bare
  std::string stage_dir = {};                    // for mounts, on tmpfs
  MountOrder mount_order = MountOrder::detach_first;
  std::vector<wire::Marker> markers = {};  // as last read
  std::vector<UnclaimedMention> mentions = {};
  // Found by the preflight: the kernel walks a large table for them, some 5 ms a family.
  std::vector<OpenSocket> sockets = {};
  // The newest plans that were reported; nullptr: none is known.
  const std::vector<wire::MadePlan>* made_plans = nullptr;
  std::vector<PlannedChange> ahead = {};  // changed by this rebind while scripts were at work
  std::function<void(const Fact& step, uint32_t done, uint32_t of)> progress = {};
};

struct RebindResult {
  wire::OutcomeReport report;
  wire::Inventory inventory;  // of the observation that the verdict rests on
  // A mount is in a state that no step leaves: the node is to take no more commands.
  std::optional<QuarantineRecord> quarantine = {};
};

[[nodiscard]] Finding finding_of(const OpenSocket& socket);
[[nodiscard]] Finding finding_of(const UnclaimedMention& mention);

[[nodiscard]] RebindResult run_rebind(const wire::Rebind& rebind,
                                      const RebindEnvironment& environment);

// Routes, resolver and xcatinfo alone (and the names that they need), of the plan of this rebind:
// what a script of xCAT that waits for a service node that is left needs to go on. No verdict: the
// rebind is still to come. Returns what was changed; empty: nothing was, for whatever reason.
[[nodiscard]] std::vector<PlannedChange> move_ahead(const wire::Rebind& rebind,
                                                    const RebindEnvironment& environment);

// What refuses the node whatever else it holds: see find_immovable. Reads no file, so it answers
// when the node's own root does not.
[[nodiscard]] std::vector<Finding> immovable_mounts(const PlanRequest& request,
                                                    const Directory& directory);

// The plan alone; the same one that run_rebind would carry out now, with what would refuse it found
// already (refusals.h). On a running node it also says which services would be restarted.
[[nodiscard]] Plan plan_rebind(const PlanRequest& request, const RebindEnvironment& environment,
                               Observation observation);

}  // namespace sn::agent
