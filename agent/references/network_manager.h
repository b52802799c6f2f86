// NetworkManager's name servers and gateways: `dns=`, `gateway=` and the gateways of `addressN=`
// and `routeN=` of the sections ipv4 and ipv6 of its connection profiles (nm-settings-keyfile(5)),
// and `servers=` of [global-dns-domain-*] in NetworkManager.conf(5) and conf.d; profiles also where
// `path=` of [keyfile] says. With `dns=dnsmasq` the files of its dnsmasq.d count, in dnsmasq's own
// format. Profiles below /run and /usr/lib are NetworkManager's own, and named.
//
// A profile tells the next activation: nothing is restarted for it. What the device does until then
// is told to it (leases/holder.h).
#pragma once

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class NetworkManager : public ServerListKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "networkmanager"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  // A gateway is asked for nothing.
  [[nodiscard]] std::optional<ServicePort> asks_for(const Reference& reference) const override;
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {
        "/etc/NetworkManager/NetworkManager.conf",      "/etc/NetworkManager/conf.d/*.conf",
        "/etc/NetworkManager/system-connections/*",     "/run/NetworkManager/system-connections/*",
        "/usr/lib/NetworkManager/system-connections/*", "/etc/NetworkManager/dnsmasq.d/*"};
  }
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;

  // Where a route leads to is no server.
  [[nodiscard]] std::string searchable(std::string_view text) const override;

 protected:
  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;
};

}  // namespace sn::agent
