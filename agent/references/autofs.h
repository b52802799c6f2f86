// automount's maps (auto.master(5), autofs(5)), in the sun format:
//
//   /etc/auto.master, /etc/auto.master.d/*.autofs   the server of an LDAP map
//   /etc/auto.*                                     key [-options] location...
//
// with replicated and weighted servers, multi-mounts, quotes and continuation lines. A read-write
// mount stays where it is (nfs_mount.h); options given in auto.master only are not known here, so
// such a mount counts as read-write. Of servers that become the same one is left: the new service
// node's own, with its weight. "&:/x", where the key is the server's name, stays.
//
// Another file's map, an LDAP or NIS map and the maps of an included name are not seen; plan() says
// which there are. corrupt: a program that prints a map, or a map in amd's format: its text is
// searched for names by the caller.
//
// automount reads maps again on SIGHUP (automount(8)); what is mounted stays mounted.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Autofs : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "autofs"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/auto.*", "/etc/auto.master.d/*.autofs"};
  }
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] WhyItStays why_it_stays(const Reference& reference) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
