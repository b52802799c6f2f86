// /etc/ntp.conf of ntpd and /etc/ntpsec/ntp.conf: `server`, `peer` and `pool` lines, with an
// optional -4 or -6 before the host (ntp.conf(5)). '#' begins a comment anywhere in a line.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Ntp : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "ntp"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::string searchable(std::string_view text) const override {
    return without_comments(text, {.anywhere = "#"});
  }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/ntp.conf", "/etc/ntpsec/ntp.conf"};
  }
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
