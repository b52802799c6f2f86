// Where log lines are forwarded to: /etc/syslog.conf (AIX, sysklogd), /etc/rsyslog.conf and what it
// includes, and the environment of the daemon, which `echo $NAME` in backticks takes a target from.
// The host of `@host`, `@@host`, `:omrelp:host` and of omfwd and omrelp actions is replaced; port,
// protocol, options and template stay. Of two rules that become the same in all but the host, the
// first is left; the directives that hold for a dropped action go with it, or both rules stay.
//
// Whose certificate is accepted (StreamDriverPermittedPeers, tls.permittedpeer,
// $ActionSendStreamDriverPermittedPeer) moves with the target; with a fingerprint or a pattern that
// does not let the new service node in, the action stays, and is named as left. Of several targets
// with a port each, the one that is dropped takes its port along.
//
// The file is taken for rsyslog's unless it is called syslog.conf. Without an /etc/rsyslog.conf the
// files of /etc/rsyslog.d count that distributions include. rsyslog needs a restart: SIGHUP does
// not make it read its configuration. Sources: rsyslog.conf(5); rsyslog's pages "The rsyslog
// include() object", "$IncludeConfig", "omfwd", "omrelp", "Actions with directives".
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Syslog : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "syslog"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::string searchable(std::string_view text) const override;
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] std::vector<AskedServer> asked_servers(const std::string& path,
                                                       std::string_view text) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
