// dnsmasq as a forwarder (dnsmasq(8)): the servers of `server=`, `local=` and `rev-server=`, in
// /etc/dnsmasq.conf, in what its `conf-file=`, `conf-dir=` and `servers-file=` name and in the
// directory that Debian's /etc/default/dnsmasq hands to it; and the `nameserver` lines of the files
// that `resolv-file=` names.
//
//   server=10.1.1.100  server=/d.example/10.1.1.100#5353@eth1  rev-server=10.1.0.0/16,10.1.1.100
#pragma once

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class Dnsmasq : public ServerListKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "dnsmasq"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;

  // What the records say of a name is what /etc/hosts says of it: the old one stays resolvable.
  [[nodiscard]] std::string searchable(std::string_view text) const override;

 protected:
  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;
};

}  // namespace sn::agent
