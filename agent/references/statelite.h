// xCAT's statelite tables on a node, as dolitesetup (xCAT/InstUtils.pm, AIX) and rc.statelite
// (Linux) of xCAT write them; all of them matter at the next boot only.
//
//   /statelite.table, /litetree.table   AIX: "node|server|directory|options" lines, written for all
//                                       nodes by the management node, mounted by aixlitesetup
//   /.statelite/litetree                Linux: "server:directory" lines, what this boot was given
//
// An AIX line moves if its mount is read-only: aixlitesetup mounts both tables' directories as
// their options say, and what a node writes there is on that server only. The Linux list is
// boot-time only: rc.statelite asks the service node for a new one at every boot and mounts the
// directories under names that contain the server's, so another text would only belie what is
// mounted. /litefile.table and /.statelite/litefile name no server.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Statelite : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "statelite"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/statelite.table", "/litetree.table", "/.statelite/litetree"};
  }
  [[nodiscard]] WhyItStays why_it_stays(const Reference& reference) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
