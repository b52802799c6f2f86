// What the next start of a network interface sets: gateways, next hops, name and time servers.
//
// /etc/sysconfig/network, network-scripts/ifcfg-*
//     GATEWAY=, IPV6_DEFAULTGW=, DNS1= (EL)
// /etc/sysconfig/network-scripts/route-*
//     "... via 10.1.1.100", or GATEWAY0=
// /etc/sysconfig/network/routes, ifroute-*
//     the second field (ifcfg-routes(5), SLES)
// /etc/network/interfaces and what it sources (interfaces(5))
//     gateway, dns-nameservers; in commands of up, down and the like what follows `via` and `gw`
// /etc/netplan/*.yaml
//     via, gateway4, gateway6, nameservers' addresses
// /etc/systemd/network/*.network and drop-ins (systemd.network(5))
//     Gateway=, DNS=, NTP=, MultiPathRoute=, DHCPv4's AllowList=
// /etc/dhcp/dhclient.conf (dhclient.conf(5))
//     supersede, prepend, append, default and fixed leases: routers and servers
//
// and in all of them whom a bond listens for (arp_ip_target and its other spellings).
//
// Only these are replaced. Wherever else an address of the old service node stands, it is where a
// route leads to, who must not be used, a neighbour's card, the other end of a link or a name: the
// new one would be wrong there. A command that is about none of these and names the old one is
// left, and named.
//
// Nothing is told to anybody: the kernel's routes and the servers that a device was given are
// changed by themselves.
#pragma once

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class NetworkFiles : public ServerListKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "network"; }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  // The commands of interfaces(5) alone.
  [[nodiscard]] std::string searchable(std::string_view text) const override;

 protected:
  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;
};

}  // namespace sn::agent
