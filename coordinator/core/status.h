// snctl status: every node and service node as it stands, and what of it a person should know.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "common/model/cluster_file.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/nfs_servers.h"

namespace sn::coordinator {

// By node: that it knocks, and what to type (enrolment.h).
using KnockNotices = std::map<std::string, std::pair<Fact, Cure>>;

// Without what only the core knows: since when it is up, and where its feed is.
// `cluster`: the inventory, which the table may contradict. `directory_digest`: of its service
// nodes; a node's own may differ. `brief`: StatusAnswer::plain.
[[nodiscard]] StatusAnswer status_of(const State& state, const Cluster& cluster, const Fleet& fleet,
                                     const NfsServers& nfs_servers,
                                     const std::string& directory_digest,
                                     const KnockNotices& knocks, bool brief, Now now);

// The node's drift as it is acknowledged, if status shows one: without what a restart of the
// coordinator forgets. Empty: it has none.
[[nodiscard]] Fact drift_of(const State& state, const NodeRecord& node, const Presence& presence);

}  // namespace sn::coordinator
