// What the daemon may do that others may not, and how it gives that up: it is started with
// CAP_NET_RAW (pings, ARP requests; sncoordd.service), and has it no more when it hears the first
// word of anybody.
#pragma once

#include "common/base/error.h"
#include "common/net/raw_sockets.h"

namespace sn::coordinator {

// Before the first thread. Opens what needs a right, and gives all of them up. What it may not do
// now it goes without.
[[nodiscard]] Result<net::RawSockets> use_rights();

}  // namespace sn::coordinator
