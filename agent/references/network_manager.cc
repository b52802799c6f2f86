#include "agent/references/network_manager.h"

#include "agent/references/ini.h"

namespace sn::agent {

namespace {

bool is_profile(std::string_view section) { return section == "ipv4" || section == "ipv6"; }

// "route1", and not its "route1_options".
bool is_numbered(std::string_view key, std::string_view name) {
  return key.starts_with(name) &&
         key.find_first_not_of("0123456789", name.size()) == std::string_view::npos;
}

}  // namespace

std::optional<ServicePort> NetworkManager::asks_for(const Reference& reference) const {
  if (reference.label != "dns" && reference.label != "servers") return std::nullopt;
  return asks();
}

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
    const bool profile = is_profile(entry.section) && entry.key == "dns";
    const bool global = entry.section.starts_with("global-dns-domain-") && entry.key == "servers";
    // "address1=10.1.1.11/24,10.1.1.100", "route1=10.2.0.0/16,10.1.1.100,100": the gateway behind.
    const bool gateway =
        is_profile(entry.section) && (entry.key == "gateway" || is_numbered(entry.key, "address") ||
                                      is_numbered(entry.key, "route"));
    if (!profile && !global && !gateway) continue;
    // Each gateway is a list of its own.
    const std::string list =
        std::string(entry.section) + (gateway ? "/" + std::string(entry.key) : "");
    settings.push_back({server_items(entry.value, ";, \t\r\n\\"), list, entry.key, entry.line,
                        entry.begin, entry.end});
  }
  return settings;
}

}  // namespace sn::agent
