// The session process: the only part of the agent that talks over the network. Runs under a
// user of its own, without a capability, confined (confinement.h), opens no file after it was
// started, has its pages locked, and wires SessionCore to one DEALER socket, the executor's
// channel, looks at service nodes and pings under one reactor.
#pragma once

#include <string>

#include "agent/config.h"
#include "agent/ipc/channel.h"
#include "agent/session/privileges.h"
#include "common/net/curve_keys.h"

namespace sn::agent {

// `user`: whom it becomes.
// Ends when the executor does. The result is the process's exit code.
[[nodiscard]] int run_session(const AgentConfig& config, const net::CurveKeys& keys,
                              const std::string& boot_id, const UserIds& user, SessionEnd executor);

}  // namespace sn::agent
