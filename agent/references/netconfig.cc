#include "agent/references/netconfig.h"

#include "agent/references/assignments.h"

namespace sn::agent {

Result<std::vector<ServerSetting>> Netconfig::settings_of(const std::string& path,
                                                          std::string_view text) const {
  const auto assignments = assignments_of(path, text);
  if (!assignments) return tl::unexpected(assignments.error());
  std::vector<ServerSetting> settings;
  for (const auto& one : *assignments) {
    if (one.name != "NETCONFIG_DNS_STATIC_SERVERS" && one.name != "NETCONFIG_NTP_STATIC_SERVERS") {
      continue;
    }
    const Word value{one.begin, text.substr(one.begin, one.end - one.begin)};
    // Each assignment is a list of its own: the last one counts.
    settings.push_back(
        {server_items(value, " \t\r\n\"'\\"), std::to_string(one.begin), one.name, one.line, 0, 0});
  }
  return settings;
}

}  // namespace sn::agent
