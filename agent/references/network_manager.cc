#include "agent/references/network_manager.h"

#include "agent/references/dnsmasq.h"
#include "agent/references/ini.h"

namespace sn::agent {

namespace {

// dnsmasq as NetworkManager starts it: a service of its own restarts nothing of it.
class NetworkManagersDnsmasq : public Dnsmasq {
 public:
  [[nodiscard]] std::string_view name() const override { return "networkmanager"; }
  [[nodiscard]] const Daemon* daemon() const override { return nullptr; }
};

bool is_profile(std::string_view section) { return section == "ipv4" || section == "ipv6"; }

// "address1=10.1.1.11/24,10.1.1.100", "route1=10.2.0.0/16,10.1.1.100,100": what stands before the
// first comma is an address of its own, or where a route leads to.
Word behind_the_first_comma(const Word& value) {
  const size_t comma = value.text.find(',');
  if (comma == std::string_view::npos) return {value.stop(), {}};
  return {value.offset + comma + 1, value.text.substr(comma + 1)};
}

}  // namespace

std::string NetworkManager::searchable(std::string_view text) const {
  std::string result = FileKind::searchable(text);
  for (const auto& entry : ini_entries(text)) {
    if (!is_profile(entry.section) || !is_numbered(entry.key, "route")) continue;
    const size_t end = behind_the_first_comma(entry.value).offset;
    for (size_t i = entry.value.offset; i < end; ++i) result[i] = ' ';
  }
  return result;
}

std::optional<ServicePort> NetworkManager::asks_for(const Reference& reference) const {
  if (reference.label != "dns" && reference.label != "servers") return std::nullopt;
  return asks();
}

std::vector<Include> NetworkManager::roots() const {
  std::vector<Include> roots;
  for (const char* path :
       {"/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf",
        "/run/NetworkManager/conf.d/*.conf", "/usr/lib/NetworkManager/conf.d/*.conf",
        "/etc/NetworkManager/system-connections/*", "/run/NetworkManager/system-connections/*",
        "/usr/lib/NetworkManager/system-connections/*"}) {
    roots.push_back({.patterns = {path}, .without_copies = true});
  }
  return roots;
}

std::vector<Include> NetworkManager::includes(const std::string& path,
                                              std::string_view text) const {
  // Of a profile nothing.
  if (!path.ends_with(".conf")) return {};
  static const NetworkManagersDnsmasq kDnsmasq;
  std::vector<Include> includes;
  for (const auto& entry : ini_entries(text)) {
    const std::string value(entry.value.text);
    if (entry.section == "keyfile" && entry.key == "path" && value.starts_with('/')) {
      includes.push_back({.patterns = {value + "/*"}, .line = entry.line, .without_copies = true});
    } else if (entry.section == "main" && entry.key == "dns" && value == "dnsmasq") {
      includes.push_back(
          {.patterns = {"/etc/NetworkManager/dnsmasq.d/*"}, .line = entry.line, .as = &kDnsmasq});
    }
  }
  return includes;
}

Result<std::vector<ServerSetting>> NetworkManager::settings_of(const std::string& /*path*/,
                                                               std::string_view text) const {
  std::vector<ServerSetting> settings;
  for (const auto& entry : ini_entries(text)) {
    const bool profile = is_profile(entry.section) && entry.key == "dns";
    const bool global = entry.section.starts_with("global-dns-domain-") && entry.key == "servers";
    const bool behind = is_profile(entry.section) &&
                        (is_numbered(entry.key, "address") || is_numbered(entry.key, "route"));
    const bool gateway = behind || (is_profile(entry.section) && entry.key == "gateway");
    if (!profile && !global && !gateway) continue;
    const Word value = behind ? behind_the_first_comma(entry.value) : entry.value;
    // Each gateway is a list of its own.
    const std::string list =
        std::string(entry.section) + (gateway ? "/" + std::string(entry.key) : "");
    settings.push_back(
        {server_items(value, ";, \t\r\n\\"), list, entry.key, entry.line, entry.begin, entry.end});
  }
  return settings;
}

}  // namespace sn::agent
