// Asks a coordinator to take this node's key: a TCP connection from a port below 1024, which only
// root can bind, of the node's own address; the exchange is common/enrolment/knock_frames.h.
//
// Blocks, for kKnock_ms at most. Called in a disposable child that is root.
#pragma once

#include <string>

#include "agent/config.h"
#include "common/base/error.h"
#include "common/net/curve_keys.h"
#include "common/wire/messages.h"

namespace sn::agent {

// Every way to a coordinator is tried in turn, and those that do not connect are soon given up. The
// coordinator itself may take thirteen seconds, if the site's command asks this node for its key,
// and then the old key's node whether it still answers.
inline constexpr int64_t kKnock_ms = 25'000;
inline constexpr int64_t kKnockConnects_ms = 2'000;
inline constexpr int64_t kKnockOneWay_ms = 16'000;

// What the first coordinator says that can be reached; unreachable: none can be.
[[nodiscard]] Result<wire::KnockAnswer> knock(const AgentConfig& config, const net::CurveKeys& keys,
                                              const std::string& boot_id);

// As the coordinator takes it: root's are those below it.
inline constexpr unsigned kFirstUsersPort = 1'024;
// Ports below it are root's own here (ip_sysctl.rst, ip_unprivileged_port_start); 1024 where the
// kernel does not say.
[[nodiscard]] unsigned first_unprivileged_port();

}  // namespace sn::agent
