#include "agent/references/network_manager.h"

#include "agent/references/ini.h"

namespace sn::agent {

std::vector<Include> NetworkManager::roots() const {
  std::vector<Include> roots;
  for (auto& path : paths()) {
    roots.push_back({.patterns = {std::move(path)}, .without_copies = true});
  }
  return roots;
}

Result<std::vector<ServerSetting>> NetworkManager::settings_of(const std::string& /*path*/,
                                                               std::string_view text) const {
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

}  // namespace sn::agent
