// Where log lines are forwarded to: /etc/syslog.conf (AIX, sysklogd), /etc/rsyslog.conf and every
// file of /etc/rsyslog.d. The host of `@host`, `@@host`, `:omrelp:host` and of omfwd and omrelp
// actions is replaced; port, protocol, options and template stay. Of two rules that become the same
// in all but the host, the first is left.
//
// The file is taken for rsyslog's unless it is called syslog.conf. rsyslog needs a restart: SIGHUP
// does not make it read its configuration.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Syslog : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "syslog"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::string searchable(std::string_view text) const override;
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/syslog.conf", "/etc/rsyslog.conf", "/etc/rsyslog.d/*"};
  }
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
