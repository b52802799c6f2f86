// NFS mounts that other mount namespaces have: of containers, and of daemons that systemd gave one
// of their own.
#pragma once

#include <functional>
#include <vector>

#include "agent/mounts/classify.h"

namespace sn::agent {

// Namespaces looked into; a node has a dozen.
inline constexpr size_t kMaxNamespaces = 256;
inline constexpr size_t kMaxForeignMounts = 256;

// Asks one process of every other mount namespace for its table (/proc/PID/mountinfo, proc(5)).
// `own`: the table of this process.
// A place that our own namespace shows alike is left out: the same swap reaches both where mounts
// propagate, and what it does not reach is found when looking again. Never blocks.
[[nodiscard]] std::vector<ForeignMount> find_foreign_mounts(
    const std::vector<Mount>& own, const std::function<bool(const Mount&)>& concerns_us);

}  // namespace sn::agent
