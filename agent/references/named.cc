#include "agent/references/named.h"

#include <algorithm>
#include <array>

#include "agent/references/environment.h"

namespace sn::agent {

namespace {

constexpr auto kMains =
    std::to_array<std::string_view>({"/etc/named.conf", "/etc/bind/named.conf"});
constexpr auto kNames = std::to_array<std::string_view>({"named", "bind9"});

std::string plain_text(std::string_view text) {
  return without_comments(
      text,
      {.line = {}, .behind = {}, .anywhere = "#", .quotes = "\"", .blocks = true, .slashes = true});
}

bool lists_servers(std::string_view keyword) {
  constexpr auto kLists = std::to_array<std::string_view>(
      {"also-notify", "forwarders", "masters", "parental-agents", "primaries"});
  return std::find(kLists.begin(), kLists.end(), keyword) != kLists.end();
}

// A word, or one of the signs {};
std::vector<Word> tokens_of(std::string_view text) {
  std::vector<Word> tokens;
  for (size_t i = 0; i < text.size();) {
    if (std::string_view("{};").find(text[i]) != std::string_view::npos) {
      tokens.push_back({i, text.substr(i, 1)});
      ++i;
    } else if (std::string_view(" \t\r\n\v\f\"").find(text[i]) != std::string_view::npos) {
      ++i;
    } else {
      const size_t end = std::min(text.find_first_of(" \t\r\n\v\f\"{};", i), text.size());
      tokens.push_back({i, text.substr(i, end - i)});
      i = end;
    }
  }
  return tokens;
}

}  // namespace

const Daemon* Named::daemon() const {
  static const Daemon kDaemon("named", {"named"});
  return &kDaemon;
}

std::vector<std::string> Named::paths() const {
  std::vector<std::string> paths(kMains.begin(), kMains.end());
  for (auto& one : environment_paths(kNames)) paths.push_back(std::move(one));
  return paths;
}

std::vector<Include> Named::roots() const {
  std::vector<Include> roots;
  for (const auto main : kMains) roots.push_back({.patterns = {std::string(main)}});
  for (auto& one : environments_of(kNames)) roots.push_back(std::move(one));
  return roots;
}

std::string Named::searchable(std::string_view text) const { return plain_text(text); }

std::vector<Include> Named::includes(const std::string& path, std::string_view text) const {
  if (is_environment(path)) return files_of_option("-c", text);
  const std::string plain = plain_text(text);
  const EditList places(plain);
  const auto tokens = tokens_of(plain);
  std::vector<Include> includes;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].text != "include" || !tokens[i + 1].text.starts_with('/')) continue;
    includes.push_back(
        {.patterns = {std::string(tokens[i + 1].text)}, .line = places.line_at(tokens[i].offset)});
  }
  return includes;
}

Result<std::vector<ServerSetting>> Named::settings_of(const std::string& path,
                                                      std::string_view text) const {
  const std::string plain = plain_text(text);
  const EditList places(plain);
  const auto tokens = tokens_of(plain);
  std::vector<ServerSetting> settings;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!lists_servers(tokens[i].text)) continue;
    const auto keyword = text.substr(tokens[i].offset, tokens[i].text.size());
    const uint32_t line = places.line_at(tokens[i].offset);
    ServerSetting setting{{}, std::to_string(tokens[i].offset), keyword, line, 0, 0};
    while (i < tokens.size() && tokens[i].text != "{" && tokens[i].text != ";") ++i;
    if (i == tokens.size() || tokens[i].text == ";") continue;
    // An entry is all up to its semicolon: "10.1.1.101 port 5353 key k"; a word is another list.
    for (++i; i < tokens.size() && tokens[i].text != "}"; ++i) {
      const size_t begin = tokens[i].offset;
      Word host{begin, text.substr(begin, tokens[i].text.size())};
      const size_t behind = host.stop();
      size_t end = behind;
      if (!IpAddress::parse(host.text)) host.text = {};
      for (; i < tokens.size() && tokens[i].text != ";" && tokens[i].text != "}"; ++i) {
        end = tokens[i].stop();
      }
      if (end > begin) {
        setting.items.push_back({host,
                                 {begin, text.substr(begin, end - begin)},
                                 {end, {}},
                                 text.substr(behind, end - behind)});
      }
      if (i < tokens.size() && tokens[i].text == "}") break;
    }
    if (i == tokens.size()) {
      return fail(ErrorClass::corrupt, "reading", place_of(path, line),
                  Fact(FactCode::not_understood, {}, Fact(FactCode::brace_not_closed)),
                  Cure(CureCode::correct_file));
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace sn::agent
