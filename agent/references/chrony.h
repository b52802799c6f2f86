// chrony's configuration (chrony.conf(5)): `server`, `peer` and `pool` lines, and the hosts of
// `initstepslew`, in the main file and in what its `include`, `confdir` and `sourcedir` name, also
// below /run; and the directives and servers that the daemon's environment hands to it. Keywords
// ignore case; a comment is a whole line that begins with '#', '%', '!' or
// ';'.
//
// corrupt: a directive that no release of chrony 4 knows, or a line longer than chronyd reads;
// chronyd would not start with it.
//
// live_commands, tried with chronyc 4.3: delete and add for servers and peers, `reload sources` for
// *.sources files. None for a pool (chronyc deletes its addresses, and the pool finds them again)
// or for initstepslew. A name in them is looked up by chronyc itself: in /etc/hosts, which lists
// both service nodes by then.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class Chrony : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "chrony"; }
  [[nodiscard]] std::optional<ServicePort> asks() const override { return kTimeService; }
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] std::string searchable(std::string_view text) const override {
    return without_comments(text, {.line = "#%!;", .behind = ""});
  }
  [[nodiscard]] std::vector<std::string> paths() const override;
  [[nodiscard]] std::vector<Include> roots() const override;
  [[nodiscard]] std::vector<Include> includes(const std::string& path,
                                              std::string_view text) const override;
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
