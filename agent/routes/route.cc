#include "agent/routes/route.h"

#include <linux/rtnetlink.h>

namespace sn::agent {

std::string Route::target() const {
  std::string text =
      destination ? destination->to_string() + "/" + std::to_string(prefix_length) : "default";
  if (table != RT_TABLE_MAIN) text += " table " + std::to_string(table);
  return text;
}

std::string Route::describe() const {
  std::string text = target();
  for (const auto& hop : hops) {
    if (hops.size() > 1) text += " nexthop";
    if (hop.gateway) text += " via " + hop.gateway->to_string();
  }
  if (!interface_name.empty()) text += " dev " + interface_name;
  if (metric != 0) text += " metric " + std::to_string(metric);
  if (protocol == RTPROT_DHCP) text += " proto dhcp";
  return text;
}

}  // namespace sn::agent
