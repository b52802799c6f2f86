// /etc/fstab (fstab(5), nfs(5)): the lines of type nfs and nfs4; the server of the first field and
// of the options addr=, mountaddr= and mounthost=. A line of another network's file system (cifs,
// glusterfs, sshfs: other_mount.h) that names the old service node is left, and named.
//
// A line tells the next mount, nothing that is mounted now; systemd's units made from it are as
// old until `systemctl daemon-reload` (systemd.mount(5)). A read-write line stays where it is
// (nfs_mount.h). Of two lines that become the same the new service node's own is left: a second one
// would be mounted over the first; if its options were others, that is noted.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Fstab : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "fstab"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override { return {"/etc/fstab"}; }
  [[nodiscard]] WhyItStays why_it_stays(const Reference& reference) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
