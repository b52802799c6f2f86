#include "agent/references/netconfig.h"

#include "agent/references/assignments.h"
#include "agent/references/server_list.h"

namespace sn::agent {

namespace {

Result<std::vector<ServerSetting>> settings_of(const std::string& path, std::string_view text) {
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

}  // namespace

Result<std::vector<Reference>> Netconfig::discover(const std::string& path, std::string_view text,
                                                   const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto settings = settings_of(path, text);
  if (!settings) return tl::unexpected(settings.error());
  return references_of(name(), path, mentions_of(*settings, text), identity);
}

Result<FilePlan> Netconfig::plan(const std::string& path, std::string_view text,
                                 const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto settings = settings_of(path, text);
  if (!settings) return tl::unexpected(settings.error());
  return plan_settings(*settings, path, text, identity, move);
}

}  // namespace sn::agent
