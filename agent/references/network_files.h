// What the next start of a network interface sets: gateways, next hops, name and time servers.
//
//   /etc/sysconfig/network                          GATEWAY=10.1.1.100
//   /etc/sysconfig/network-scripts/ifcfg-*          DNS1=10.1.1.100 (EL)
//   /etc/sysconfig/network-scripts/route-*          10.20.0.0/16 via 10.1.1.100, GATEWAY0=
//   /etc/sysconfig/network/routes, ifroute-*        10.20.0.0/16 10.1.1.100 - eth1 (routes(5),
//   SLES) /etc/network/interfaces, interfaces.d           gateway 10.1.1.100 (interfaces(5))
//   /etc/netplan/*.yaml                             via: 10.1.1.100, addresses: [10.1.1.100]
//   /etc/systemd/network/*.network and drop-ins     Gateway=10.1.1.100 (systemd.network(5))
//   /etc/dhcp/dhclient.conf                         prepend domain-name-servers 10.1.1.100;
//
// One rule for all of them: a whole word that is a name or an address of the old service node is
// replaced, but where a route leads to: with a prefix ("10.1.1.100/32"), first on its line, or
// behind a word that says so. Nothing is told to anybody: the kernel's routes and the servers that
// a device was given are changed by themselves.
#pragma once

#include "agent/references/kind.h"
#include "agent/references/mention.h"

namespace sn::agent {

class NetworkFiles : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "network"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  // Where a route leads to is no server.
  [[nodiscard]] std::string searchable(std::string_view text) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
