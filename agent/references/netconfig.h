// SUSE's netconfig: NETCONFIG_DNS_STATIC_SERVERS and NETCONFIG_NTP_STATIC_SERVERS of
// /etc/sysconfig/network/config (netconfig(8)), lists with blanks. netconfig writes resolv.conf
// from them whenever a link changes, so nothing is restarted for them.
#pragma once

#include "agent/references/server_list_kind.h"

namespace sn::agent {

class Netconfig : public ServerListKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "netconfig"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/sysconfig/network/config"};
  }

 protected:
  [[nodiscard]] Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const override;
};

}  // namespace sn::agent
