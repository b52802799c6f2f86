// What a disposable child does, from its fork to its last message. It may block wherever the file
// system blocks: the executor does not wait for it, it polls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/core/job.h"
#include "agent/core/unfinished.h"
#include "agent/executor/directory_file.h"
#include "agent/executor/fence_file.h"
#include "agent/executor/primitives/exchange_mount.h"
#include "agent/executor/quarantine_file.h"
#include "agent/executor/services.h"
#include "agent/ipc/channel.h"
#include "agent/watch/sockets.h"
#include "agent/watch/unclaimed.h"

namespace sn::agent {

// The executor's memory, as it is at the fork.
struct WorkContext {
  const AgentConfig& config;
  const Services& services;
  const FenceFile& fence_file;
  const QuarantineFile& quarantine_file;
  const DirectoryFile& directory;
  const std::string& boot_id;
  int inotify = -1;
  MountOrder mount_order = MountOrder::detach_first;
  const Leftovers& leftovers;
  const std::vector<MountSwap>& odd_places;  // of the quarantine
  const std::optional<wire::Inventory>& inventory;
  const std::vector<UnclaimedMention>& mentions;
  const std::vector<OpenSocket>& sockets;  // of the last preflight
  const std::vector<wire::Marker>& markers;
  const std::vector<wire::MadePlan>& made_plans;
};

void work(const Job& job, const WorkContext& context, const ChildEnd& parent);

}  // namespace sn::agent
