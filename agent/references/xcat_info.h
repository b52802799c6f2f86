// xcatinfo, the file xCAT's scripts on a node take their server from: /etc/xcatinfo (AIX) and
// /opt/xcat/xcatinfo (Linux), KEY=value lines.
//
// XCATSERVER is replaced in its form, a quote or a port around it stays. SERVICEGROUP, the pool of
// service nodes by the management node's names, gets the new service node in front if it names the
// old one, which stays behind it; all others keep their order. Keys are exact, and none is added.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class XcatInfo : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "xcatinfo"; }
  [[nodiscard]] Tier tier() const override { return Tier::essential; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/xcatinfo", "/opt/xcat/xcatinfo"};
  }
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
