#include "agent/routes/route.h"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace sn::agent {

std::string Route::target() const {
  std::string text =
      destination ? destination->to_string() + "/" + std::to_string(prefix_length) : "default";
  if (table != RT_TABLE_MAIN) text += " table " + std::to_string(table);
  return text;
}

std::string Route::describe() const {
  std::string text = target();
  if (nexthop_id != 0) text += " nhid " + std::to_string(nexthop_id);
  for (const auto& hop : hops) {
    if (hops.size() > 1) text += " nexthop";
    if (hop.gateway) text += " via " + hop.gateway->to_string();
  }
  if (!interface_name.empty()) text += " dev " + interface_name;
  if (metric != 0) text += " metric " + std::to_string(metric);
  if (protocol == RTPROT_DHCP) text += " proto dhcp";
  return text;
}

PlannedChange RouteChange::describe() const {
  PlannedChange change;
  change.kind = "route";
  change.path = "route";
  if (action != RouteAction::add) change.before = before.describe();
  if (action != RouteAction::remove) change.after = after.describe();
  return change;
}

bool same_route(const Route& a, const Route& b) {
  const auto same_hop = [&](const NextHop& x, const NextHop& y) {
    // A single hop has no weight.
    return x.gateway == y.gateway && x.interface == y.interface && x.flags == y.flags &&
           (a.hops.size() == 1 || x.weight == y.weight);
  };
  return a.same_key(b) && a.protocol == b.protocol && a.scope == b.scope && a.source == b.source &&
         a.nexthop_id == b.nexthop_id && a.others == b.others &&
         std::equal(a.hops.begin(), a.hops.end(), b.hops.begin(), b.hops.end(), same_hop);
}

}  // namespace sn::agent
