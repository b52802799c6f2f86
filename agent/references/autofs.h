// automount's maps (auto.master(5), autofs(5)), in the sun format:
//
//   /etc/auto.master and what it includes   the server of an LDAP map, the maps, -DNAME=value
//   the maps that these name                key [-options] location...
//   /etc/autofs.conf, /etc/default/autofs   LDAP servers, another master map, -DNAME=value
//
// with replicated and weighted servers, multi-mounts, quotes and continuation lines. A read-write
// mount stays where it is (nfs_mount.h); the options of a map's line in the master map hold for
// what says nothing else. Of servers that become the same one is left: the new service node's own,
// with its weight. "&:/x", where the key is the server's name, is left, and named: another key
// would be another place.
//
// A variable (-DNAME=value) moves if the options of its line in the master map say `ro`; else
// read-write mounts may take their server from it, and it is named as left. An LDAP or NIS map is
// not seen; plan() says which there are. A name without a path is taken for a file of /etc. Without
// a master map the maps of /etc count. corrupt: a program that prints a map, or a map in amd's
// format: its text is searched for names by the caller.
//
// A mount of another network's file system (other_mount.h) is left, and named.
//
// automount reads maps again on SIGHUP (automount(8)); what is mounted stays mounted.
// A map that is not later, in whole seconds, than its last look at it is the old one to it, also
// then: what is replaced is dated ahead (executor/primitives/replace_file.h).
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Autofs : public FileKind {
 public:
  // Whether a file is a master map or a map is told by who names it; only of the roots by its path.
  enum class Sort { by_path, master, map, read_only_map };
  explicit Autofs(Sort sort = Sort::by_path) : sort_(sort) {}
  static const FileKind* master();
  // `read_only`: the options of the master map say so of all mounts that say nothing themselves.
  static const FileKind* map(bool read_only);

  [[nodiscard]] std::string_view name() const override { return "autofs"; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::vector<std::string> paths() const override {
    return {"/etc/auto.*", "/etc/auto.master.d/*.autofs", "/etc/autofs.conf", "/etc/default/autofs",
            "/etc/sysconfig/autofs"};
  }
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  [[nodiscard]] const Daemon* daemon() const override;
  // Of a map that one line calls read-only and another one does not: it is not.
  [[nodiscard]] const FileKind* joined_with(const FileKind& other) const override;
  // The keys of a map are names of places.
  [[nodiscard]] std::string searchable(std::string_view text) const override;
  [[nodiscard]] WhyItStays why_it_stays(const Reference& reference) const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;

 private:
  [[nodiscard]] bool is_master(std::string_view path) const;
  [[nodiscard]] bool is_read_only() const { return sort_ == Sort::read_only_map; }

  Sort sort_;
};

}  // namespace sn::agent
