// Primitive: tells a running daemon other servers than those that it got by DHCP.
#pragma once

#include "agent/leases/lease.h"
#include "common/base/error.h"

namespace sn::agent {

// By the commands of its holder, one by one, each with a deadline. Killed in between it may be half
// done: what is there then is observed and planned anew. internal: a command failed, with what it
// printed.
[[nodiscard]] Status change_lease(const LeaseChange& change);

}  // namespace sn::agent
