// /etc/niminfo, what a NIM client knows of its master (IBM's ".info file" page).
//
//   NIM_MASTER_HOSTNAME, NIM_MASTER, NIM_MASTERID   replaced, together or not at all: nimsh refuses
//                                                   a master whose name and machine id disagree
//   NIM_HOSTS                                       gains the new service node, keeps the old
//   ROUTES (gateway), NIM_CUSTOM (location=host:)   replaced
//   SPOT, ROOT, NIM_SHARED_ROOT, MOUNTS,
//   NIM_MOUNTS, DUMP                                never; noted if they name an old service node
//
// No other variable is looked at: a password among them never shows.
#pragma once

#include "agent/references/kind.h"

namespace sn::agent {

class NimInfo : public FileKind {
 public:
  [[nodiscard]] std::string_view name() const override { return "niminfo"; }
  [[nodiscard]] Tier tier() const override { return Tier::essential; }
  [[nodiscard]] std::string searchable(std::string_view text) const override;
  [[nodiscard]] std::vector<std::string> paths() const override { return {"/etc/niminfo"}; }
  [[nodiscard]] const Daemon* daemon() const override;
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  // It refuses as well: a NIM master's own file (invalid_input), a NIM_MASTERID that belongs to
  // another server than the master's name, a NIM_HOSTS that maps a name of the new service node to
  // somebody else's address (both conflict).
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;
};

}  // namespace sn::agent
