// BIND as a forwarder (named.conf's grammar in BIND's reference manual, chapter 8): the addresses
// of `forwarders`, `primaries`, `masters`, `parental-agents` and `also-notify`, in /etc/named.conf
// or /etc/bind/named.conf and in what their `include` names. Comments are those of C, C++ and the
// shell.
//
//   forwarders port 53 { 10.1.1.100; 10.1.1.101 port 5353; };
#pragma once

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class Named : public ServerListKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "named"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  [[nodiscard]] std::string searchable(std::string_view text) const override;

 protected:
  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;
};

}  // namespace sn::agent
