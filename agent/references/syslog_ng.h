// syslog-ng's destinations (syslog-ng.conf(5), the administration guide's chapter on destinations),
// in /etc/syslog-ng/syslog-ng.conf and in what its `@include` names; xCAT writes one on SLES:
//
//   destination loghost { udp("sn1-eth1"); };
//   destination d { network("10.1.1.100" port(514) failover(servers("sn3-eth1"))); };
//   @define loghost "sn1-eth1"
//
// The host of tcp, tcp6, udp, udp6, network and syslog drivers, of their failover servers, and a
// defined value are replaced; everything else stays. Of two drivers of one destination that become
// the same in all but the host the first is left. corrupt: a quote, a brace or a parenthesis that
// is not closed.
//
// A driver whose trusted-keys() or trusted-dn() name certificates that can't be told to be the new
// service node's stays, and is named.
//
// syslog-ng needs a restart: at SIGHUP it keeps connections that it has.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class SyslogNg : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "syslog-ng"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] std::vector<AskedServer> asked_servers(const std::string& path,
                                                       std::string_view text) const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
