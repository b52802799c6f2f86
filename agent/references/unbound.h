// unbound as a forwarder (unbound.conf(5)): `forward-addr`, `forward-host`, `stub-addr`,
// `stub-host` and an auth-zone's `primary` (once `master`), in /etc/unbound/unbound.conf and in
// what its `include` and `include-toplevel` name.
//
//   forward-addr: 10.1.1.100@853#sn1-eth1.d.example
#pragma once

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class Unbound : public ServerListKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "unbound"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;

  // What its own records say of a name is what /etc/hosts says of it: the old one stays resolvable.
  [[nodiscard]] std::string searchable(std::string_view text) const override;

 protected:
  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;
};

}  // namespace sn::agent
