// The kernel's routing tables and addresses, through libmnl. Needs CAP_NET_ADMIN to change
// anything. Every call is one request and its answers, with a deadline of kNetlinkTimeoutMs: the
// kernel answers at once or not at all.
#pragma once

#include <vector>

#include "agent/routes/route.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

inline constexpr int kNetlinkTimeoutMs = 2'000;
// A compute node has dozens; a router with full tables is no node of ours.
inline constexpr size_t kMaxRoutes = 4'096;

// All unicast routes of every table but `local`, IPv4 and IPv6, on-link ones too: they can share a
// key with a route that is to be changed.
[[nodiscard]] Result<std::vector<Route>> list_routes();
// The node's own addresses, loopback and link-local ones left out.
[[nodiscard]] Result<std::vector<NetworkAddress>> list_own_addresses();

// Carries one change out. not_found: the old route is not there (any more); conflict: the new one
// is there already.
[[nodiscard]] Status change_route(const RouteChange& change);

// The gateway that packets to `destination` would take; nullopt: on link.
[[nodiscard]] Result<std::optional<IpAddress>> lookup_gateway(const IpAddress& destination);
// True if the neighbour table holds a confirmed entry for it.
[[nodiscard]] Result<bool> neighbour_answers(const IpAddress& address);

// A socket that becomes readable whenever a route changes. Its messages are only drained.
[[nodiscard]] Result<UniqueFd> open_route_monitor();
void drain_route_monitor(int fd);

}  // namespace sn::agent
