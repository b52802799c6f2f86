#include "agent/references/network_manager.h"

#include "agent/references/ini.h"
#include "agent/references/server_list.h"

namespace sn::agent {

namespace {

std::vector<ServerSetting> settings_of(std::string_view text) {
  std::vector<ServerSetting> settings;
  for (const auto& entry : ini_entries(text)) {
    const bool profile = (entry.section == "ipv4" || entry.section == "ipv6") && entry.key == "dns";
    const bool global = entry.section.starts_with("global-dns-domain-") && entry.key == "servers";
    if (!profile && !global) continue;
    settings.push_back({server_items(entry.value, ";, \t\r\n\\"), std::string(entry.section),
                        entry.key, entry.line, entry.begin, entry.end});
  }
  return settings;
}

}  // namespace

std::vector<Include> NetworkManager::roots() const {
  std::vector<Include> roots;
  for (auto& path : paths()) {
    roots.push_back({.patterns = {std::move(path)}, .without_copies = true});
  }
  return roots;
}

Result<std::vector<Reference>> NetworkManager::discover(const std::string& path,
                                                        std::string_view text,
                                                        const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  return references_of(name(), path, mentions_of(settings_of(text), text), identity);
}

Result<FilePlan> NetworkManager::plan(const std::string& path, std::string_view text,
                                      const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  return plan_settings(settings_of(text), path, text, identity, move);
}

}  // namespace sn::agent
