#include "agent/routes/plan_routes.h"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace sn::agent {

namespace {

std::optional<Owner> owner_of(const NextHop& hop, const IdentityIndex& identity) {
  return hop.gateway ? identity.owner_of(*hop.gateway) : std::nullopt;
}

bool leaves(const NextHop& hop, const IdentityIndex& identity, const Move& move) {
  const auto owner = owner_of(hop, identity);
  return owner && owner->kind == Owner::Kind::service_node && move.is_from(owner->name);
}

bool equal_hop(const NextHop& a, const NextHop& b) {
  return a.gateway == b.gateway && a.interface == b.interface;
}

// Once, however many routes leave it.
void tell_of_object(uint32_t id, const IpAddress& gateway, RoutePlan& plan) {
  Finding finding{FindingClass::note,
                  "nexthop " + std::to_string(id),
                  Fact(FactCode::nexthop_object_stays, {.address = gateway.to_string()}),
                  {}};
  if (std::find(plan.findings.begin(), plan.findings.end(), finding) == plan.findings.end()) {
    plan.findings.push_back(std::move(finding));
  }
}

}  // namespace

std::vector<Reference> route_references(const std::vector<Route>& routes,
                                        const IdentityIndex& identity) {
  std::vector<Reference> references;
  for (const auto& route : routes) {
    for (const auto& hop : route.hops) {
      const auto owner = owner_of(hop, identity);
      if (!owner) continue;
      references.push_back({"route", "route " + route.target(), "gateway", hop.gateway->to_string(),
                            owner->name, ReferenceRole::move});
    }
  }
  return references;
}

Result<RoutePlan> plan_routes(const std::vector<Route>& routes, const IdentityIndex& identity,
                              const Move& move, const std::vector<Route>& settled) {
  RoutePlan plan;
  // Routes as they will be, so that two old ones never become the same new one.
  std::vector<Route> present = routes;
  for (const auto& route : routes) {
    if (std::find(settled.begin(), settled.end(), route) != settled.end()) continue;
    Route after = route;
    bool touched = false;
    std::vector<NextHop> hops;
    for (const auto& hop : route.hops) {
      NextHop next = hop;
      if (leaves(hop, identity, move)) {
        const auto replacement =
            identity.substitute(*hop.gateway, owner_of(hop, identity)->name, move.to);
        if (!replacement) return tl::unexpected(replacement.error());
        next.gateway = *replacement;
        touched = true;
        if (route.nexthop_id != 0) tell_of_object(route.nexthop_id, *hop.gateway, plan);
        if (std::find(plan.gateways.begin(), plan.gateways.end(), *replacement) ==
            plan.gateways.end()) {
          plan.gateways.push_back(*replacement);
        }
      }
      const bool twin = std::any_of(hops.begin(), hops.end(),
                                    [&](const NextHop& h) { return equal_hop(h, next); });
      if (!twin) hops.push_back(next);
    }
    if (!touched) continue;
    after.hops = std::move(hops);
    // The object may be somebody's who manages it, so it stays as it is and the route leaves it.
    // With the same id in the record, a failback binds the route to it again.
    after.nexthop_id = 0;

    RouteChange change;
    change.before = route;
    change.after = after;
    const auto same_key = std::count_if(present.begin(), present.end(),
                                        [&](const Route& other) { return other.same_key(route); });
    const auto twin = std::find_if(present.begin(), present.end(), [&](const Route& other) {
      return other.same_key(route) && !(other == route) && other.hops.size() == after.hops.size() &&
             std::equal(other.hops.begin(), other.hops.end(), after.hops.begin(), equal_hop);
    });
    const bool exists = twin != present.end();
    if (exists) {
      change.action = RouteAction::remove;
      change.after = *twin;
    } else if (same_key == 1) {
      change.action = RouteAction::replace;
    } else {
      change.action = RouteAction::append_remove;
    }
    std::erase(present, route);
    if (!exists) present.push_back(after);
    if (route.protocol == RTPROT_DHCP) {
      plan.findings.push_back({FindingClass::returns, "route " + route.target(),
                               Fact(FactCode::returns_at_renewal),
                               Cure(CureCode::dhcp_to_hand_out, {.to = move.to})});
    }
    plan.changes.push_back(std::move(change));
  }
  return plan;
}

}  // namespace sn::agent
