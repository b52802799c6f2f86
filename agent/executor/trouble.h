// What keeps a node in quarantine, looked for on the node itself: a fence or a journal that can't
// be read, a place where an interrupted swap left something odd. That a change kills whoever
// finishes it is the core's to say (agent/core/executor_child.cc).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/fence.h"
#include "agent/core/quarantine.h"
#include "agent/mounts/mount.h"
#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

// What a program finds at the places of an interrupted swap.
enum class OddPlace : uint8_t {
  bare,          // nothing is mounted there
  bare_or_other  // or something that is neither the old nor the new one
};
// The first of the places that is so; nullopt: none.
[[nodiscard]] std::optional<wire::Quarantine> find_odd_place(const std::vector<MountSwap>& swaps,
                                                             const std::vector<Mount>& table,
                                                             OddPlace odd);

// Everything that keeps a node in quarantine, looked at anew; `fence` and `kept`: as they were
// loaded, if they could be. Reads files, so it runs in a child.
[[nodiscard]] std::optional<wire::Quarantine> look_for_trouble(
    const Result<Fence>& fence, const std::optional<QuarantineRecord>& kept,
    const std::string& journal_path, const std::string& boot_id,
    const std::vector<MountSwap>& places);

}  // namespace sn::agent
