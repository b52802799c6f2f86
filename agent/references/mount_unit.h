// systemd's mount units (systemd.mount(5)): What=, Type= and Options= of the *.mount files of
// /etc/systemd/system, of its layers in /run and /usr/lib, and of the drop-ins beside them. They
// are named and never changed: what a unit mounts is ordered with others, and its name is that of
// its place. A read-write NFS mount stays on purpose (nfs_mount.h); every other one that names the
// old service node is left, and named.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class MountUnit : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "mount-unit"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/systemd/system/*.mount"};
  }
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] WhyItStays why_it_stays(const Reference& reference) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
