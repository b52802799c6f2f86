// Asks the new service node whether it exports what a plan wants to mount from it, without mounting
// anything. Blocks for kAskExportsMs at most; in a disposable child, as root (servers want a
// reserved port).
#pragma once

#include <cstdint>
#include <vector>

#include "agent/mounts/plan_mounts.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A server answers within milliseconds; the coordinator waits 2.5 s for a plan, of which a second
// may go into the rest of it.
inline constexpr int64_t kAskExportsMs = 700;
// Of one node. What is beyond is not asked: the rebind finds it.
inline constexpr size_t kMaxAskedExports = 64;

// The mounts that would fail, each as a finding of this class ("mount /install"). One whose server
// does not answer, or whose answer says nothing, is none.
[[nodiscard]] std::vector<Finding> find_missing_exports(const std::vector<MountSwap>& swaps,
                                                        const std::string& to, FindingClass what);

}  // namespace sn::agent
