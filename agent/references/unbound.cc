#include "agent/references/unbound.h"

#include <algorithm>
#include <array>

#include "agent/references/environment.h"

namespace sn::agent {

namespace {

constexpr std::string_view kMain = "/etc/unbound/unbound.conf";
constexpr std::string_view kParts = "/etc/unbound/unbound.conf.d/*.conf";
constexpr auto kNames = std::to_array<std::string_view>({"unbound"});

struct Attribute {
  Line line;
  std::string_view key;  // with its colon
  Word value;            // without quotes; empty: a clause begins
};

// "key: value" lines; '#' begins a comment at the start of a word.
std::vector<Attribute> attributes_of(std::string_view text) {
  std::vector<Attribute> attributes;
  for (const auto& line : lines_of(text)) {
    std::string_view all = line.text;
    const size_t begin = all.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos || all[begin] == '#') continue;
    for (const std::string_view comment : {" #", "\t#"}) all = all.substr(0, all.find(comment));
    const size_t colon = all.find(':', begin);
    if (colon == std::string_view::npos) continue;
    const auto value = words_of(all.substr(colon + 1), line.offset + colon + 1, " \t\v\f\r\"'");
    attributes.push_back({line, all.substr(begin, colon + 1 - begin),
                          value.empty() ? Word{line.offset + colon + 1, {}} : value.front()});
  }
  return attributes;
}

bool names_server(std::string_view key) {
  constexpr auto kKeys =
      std::to_array<std::string_view>({"forward-addr:", "forward-host:", "master:", "primary:",
                                       "stub-addr:", "stub-host:", "stub-primary:"});
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

}  // namespace

const Daemon* Unbound::daemon() const {
  static const Daemon kDaemon("unbound", {"unbound"});
  return &kDaemon;
}

std::vector<Include> Unbound::roots() const {
  std::vector<Include> roots = {
      {.patterns = {std::string(kMain)}},
      {.patterns = {std::string(kParts)}, .unless = {std::string(kMain)}}};
  for (auto& one : environments_of(kNames)) roots.push_back(std::move(one));
  return roots;
}

std::string Unbound::searchable(std::string_view text) const {
  std::string result = ServerListKind::searchable(text);
  for (const auto& attribute : attributes_of(text)) {
    if (attribute.key.starts_with("local-")) blank(result, attribute.line);
  }
  return result;
}

std::vector<std::string> Unbound::paths() const {
  std::vector<std::string> paths = {std::string(kMain), std::string(kParts)};
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

std::vector<Include> Unbound::includes(const std::string& path, std::string_view text) const {
  if (is_environment(path)) return files_of_option("-c", text);
  std::vector<Include> includes;
  // The directory that relative names begin at; the default is that of the packages.
  std::string directory = "/etc/unbound";
  for (const auto& attribute : attributes_of(text)) {
    std::string value(attribute.value.text);
    if (attribute.key == "directory:" && value.starts_with('/')) directory = value;
    if (attribute.key != "include:" && attribute.key != "include-toplevel:") continue;
    if (value.empty()) continue;
    if (value.front() != '/') value.insert(0, directory + "/");
    includes.push_back({.patterns = {std::move(value)}, .line = attribute.line.number});
  }
  return includes;
}

Result<std::vector<ServerSetting>> Unbound::settings_of(const std::string& /*path*/,
                                                        std::string_view text) const {
  std::vector<ServerSetting> settings;
  size_t clause = 0;
  for (const auto& attribute : attributes_of(text)) {
    if (attribute.value.text.empty()) ++clause;
    if (!names_server(attribute.key) || attribute.value.text.empty()) continue;
    // The port and the name of the certificate tell entries apart.
    std::string key = std::to_string(clause) + " " + std::string(attribute.key);
    const size_t at = attribute.value.text.find('@');
    if (at != std::string_view::npos) {
      const auto port = attribute.value.text.substr(at);
      key += port.substr(0, port.find('#'));
    }
    settings.push_back(setting_on_line(server_item(attribute.value), std::move(key), attribute.key,
                                       attribute.line));
  }
  return settings;
}

}  // namespace sn::agent
