// What the daemon may do that others may not, and how it gives that up: it is started with
// CAP_NET_RAW (pings, ARP requests) and CAP_SETGID (sncoordd.service), and has neither when it
// hears the first word of anybody.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/net/raw_sockets.h"

namespace sn::coordinator {

// nullopt: `name` is empty, and only root may ask.
[[nodiscard]] Result<std::optional<gid_t>> control_group(const std::string& name);

// Before the first thread. Becomes a member of `control_group`, so that it can give it its sockets,
// opens what needs a right, and gives all of them up. What it may not do now it goes without.
[[nodiscard]] Result<net::RawSockets> use_rights(std::optional<gid_t> control_group);

}  // namespace sn::coordinator
