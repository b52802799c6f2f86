// The coordinator's key and the one that comes after it, as files in state_dir: what `sncoordd key`
// does. Nodes know both for a while (next_coordinator_key in agent.toml), so that none is lost when
// one takes the other's place.
//
// Whoever runs it as root acts as the owner of state_dir, whose daemon has to read the files.
#pragma once

#include <string>

#include "common/base/error.h"
#include "coordinator/config.h"

namespace sn::coordinator {

// What is to be in agent.toml as coordinator_key; makes the key if there is none.
[[nodiscard]] Result<std::string> present_key(const DaemonConfig& config);
// As next_coordinator_key.
[[nodiscard]] Result<std::string> next_key(const DaemonConfig& config);
// The next one is the present one from the daemon's next start on, and is returned; what was before
// stays beside it as coordinator.key.previous. not_found: there is no next one.
[[nodiscard]] Result<std::string> roll_key(const DaemonConfig& config);

}  // namespace sn::coordinator
