// SUSE's netconfig: NETCONFIG_DNS_STATIC_SERVERS and NETCONFIG_NTP_STATIC_SERVERS of
// /etc/sysconfig/network/config (netconfig(8)), lists with blanks. netconfig writes resolv.conf
// from them whenever a link changes, so nothing is restarted for them.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Netconfig : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "netconfig"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kNameService; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/sysconfig/network/config"};
  }
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
