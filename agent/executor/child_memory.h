// What children have found and later ones need: a look costs time that a rebind does not have, and
// what is remembered of a dead server can't be read any more. Nothing is decided by it here.
#pragma once

#include <vector>

#include "agent/core/job.h"
#include "agent/watch/sockets.h"
#include "agent/watch/unclaimed.h"
#include "common/model/nfs_mount.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A question and its colleague's: an order names one of the newest plans.
inline constexpr size_t kMaxMadePlans = 4;

struct ChildMemory {
  std::vector<UnclaimedMention> mentions;  // of the last look for them
  std::vector<OpenSocket> sockets;         // of the last preflight
  std::vector<wire::Marker> markers;
  std::vector<wire::MadePlan> made_plans;  // that were reported; the newest kMaxMadePlans

  // Keeps what is worth it of what the child of `job` says. `mounts`: as they are now.
  void remember(const wire::FromChild& message, const Job& job,
                const std::vector<NfsMount>& mounts);
};

}  // namespace sn::agent
