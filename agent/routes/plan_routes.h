// Which routes lead through a service node that is left, and what becomes of them. Pure.
#pragma once

#include <vector>

#include "agent/references/kind.h"
#include "agent/routes/route.h"
#include "common/model/identity.h"

namespace sn::agent {

struct RoutePlan {
  std::vector<RouteChange> changes;
  std::vector<Finding> findings;  // `returns` for DHCP routes
  std::vector<IpAddress>
      gateways;  // the new next hops; each must be proven before the first change
};

// Every route whose next hop is a service node's or external NFS server's.
[[nodiscard]] std::vector<Reference> route_references(const std::vector<Route>& routes,
                                                      const IdentityIndex& identity);

// A gateway of nobody we know is never touched. invalid_input: the new service node has no address
// on the gateway's network. `settled`: those of the routes that somebody else has planned.
[[nodiscard]] Result<RoutePlan> plan_routes(const std::vector<Route>& routes,
                                            const IdentityIndex& identity, const Move& move,
                                            const std::vector<Route>& settled = {});

}  // namespace sn::agent
