// A kind whose files are lists of servers and nothing else of ours, but for its daemon's
// environment: what derives from it finds the lists, the rest is the same for all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/kind.h"
#include "agent/references/server_list.h"

namespace sn::agent {

class ServerListKind : public FileKind {
 public:
  [[nodiscard]] Tier tier() const override { return Tier::secondary; }
  [[nodiscard]] Result<std::vector<Reference>> discover(
      const std::string& path, std::string_view text, const IdentityIndex& identity) const override;
  [[nodiscard]] Result<FilePlan> plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity,
                                      const Move& move) const override;

 protected:
  // Of a text that is one (check_text).
  [[nodiscard]] virtual Result<std::vector<ServerSetting>> settings_of(
      const std::string& path, std::string_view text) const = 0;
};

}  // namespace sn::agent
