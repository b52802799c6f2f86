#include "agent/references/systemd_servers.h"

#include <algorithm>

#include "agent/references/ini.h"

namespace sn::agent {

std::vector<std::string> SystemdServers::paths() const {
  const std::string file(file_);
  return {"/etc/systemd/" + file, "/etc/systemd/" + file + ".d/*.conf",
          "/run/systemd/" + file + ".d/*.conf"};
}

std::vector<Include> SystemdServers::roots() const {
  Include main, drop_ins;
  for (const char* layer : {"/etc/systemd/", "/run/systemd/", "/usr/lib/systemd/"}) {
    const std::string file = layer + std::string(file_);
    main.patterns.push_back(file);
    drop_ins.patterns.push_back(file + ".d/*.conf");
  }
  return {main, drop_ins};
}

Result<std::vector<ServerSetting>> SystemdServers::settings_of(const std::string& /*path*/,
                                                               std::string_view text) const {
  std::vector<ServerSetting> settings;
  for (const auto& entry : ini_entries(text)) {
    if (entry.section != section_) continue;
    if (std::find(keys_.begin(), keys_.end(), entry.key) == keys_.end()) continue;
    settings.push_back({server_items(entry.value, " \t\r\n\\"), std::string(entry.key), entry.key,
                        entry.line, entry.begin, entry.end});
  }
  return settings;
}

}  // namespace sn::agent
