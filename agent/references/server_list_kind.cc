#include "agent/references/server_list_kind.h"

#include "agent/references/environment.h"

namespace sn::agent {

Result<std::vector<Reference>> ServerListKind::discover(const std::string& path,
                                                        std::string_view text,
                                                        const IdentityIndex& identity) const {
  if (is_environment(path)) return discover_environment(name(), path, text, identity);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto settings = settings_of(path, text);
  if (!settings) return tl::unexpected(settings.error());
  return references_of(name(), path, mentions_of(*settings, text), identity);
}

Result<FilePlan> ServerListKind::plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity, const Move& move) const {
  if (is_environment(path)) return plan_environment(path, text, identity, move);
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto settings = settings_of(path, text);
  if (!settings) return tl::unexpected(settings.error());
  return plan_settings(*settings, path, text, identity, move);
}

}  // namespace sn::agent
