// /etc/ntp.conf of ntpd and /etc/ntpsec/ntp.conf: `server`, `peer` and `pool` lines, with an
// optional -4 or -6 before the host (ntp.conf(5)), in the file, in what its `includefile` names,
// and in the copy that Debian's DHCP hook leaves below /run. '#' begins a comment anywhere in a
// line. /etc/ntp/step-tickers lists the hosts that EL asks once, before ntpd starts, and
// /etc/default/ntpdate Debian's.
//
// A `restrict` line for the old service node alone that takes its answers becomes the new one's
// (ntp.conf(5), Access Control Commands). Where the old one was let in by its network only, a line
// for the new one is added behind; where a line of its own shuts the new one out, that is named as
// left. A line that shuts the old one out stays.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Ntp : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "ntp"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kTimeService; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::string searchable(std::string_view text) const override {
    return without_comments(text, {.anywhere = "#"});
  }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
