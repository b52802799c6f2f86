#include "agent/references/network_files.h"

#include <algorithm>
#include <array>
#include <optional>

#include "agent/references/assignments.h"
#include "agent/references/ini.h"

namespace sn::agent {

namespace {

constexpr std::string_view kInterfaces = "/etc/network/interfaces";

using Settings = std::vector<ServerSetting>;

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The words of one list; `key`: settings with the same are one list together.
ServerSetting setting(std::vector<ServerItem> items, std::string key, std::string_view label) {
  return {std::move(items), std::move(key), label, 0, 0, 0};
}
// A list of its own.
ServerSetting setting_of(const ServerItem& item, std::string_view label) {
  return setting({item}, std::to_string(item.item.offset), label);
}
ServerSetting setting_of(const Word& word, std::string_view label) {
  return setting_of(server_item(word), label);
}

// ---------------------------------------------------------------- EL and SLES

// "mode=1 arp_ip_target=10.1.1.100,10.1.1.10" of the bonding driver: whom its ports listen for.
void add_arp_targets(std::string_view options, size_t offset, Settings& settings) {
  constexpr std::string_view kTargets = "arp_ip_target=";
  for (const auto& option : words_of(options, offset, " \t\r\"'")) {
    if (!option.text.starts_with(kTargets)) continue;
    for (const auto& word :
         words_of(option.text.substr(kTargets.size()), option.offset + kTargets.size(), ",+")) {
      settings.push_back(setting_of(word, "arp_ip_target"));
    }
  }
}

Result<Settings> of_assignments(const std::string& path, std::string_view text) {
  const auto assignments = assignments_of(path, text);
  if (!assignments) return tl::unexpected(assignments.error());
  Settings settings;
  for (const auto& one : *assignments) {
    if (one.name == "BONDING_OPTS") {
      add_arp_targets(text.substr(one.begin, one.end - one.begin), one.begin, settings);
    }
    const bool server = is_numbered(one.name, "GATEWAY") || is_numbered(one.name, "DNS") ||
                        one.name == "IPV6_DEFAULTGW";
    if (!server) continue;
    for (const auto& word :
         words_of(text.substr(one.begin, one.end - one.begin), one.begin, " \t\r\"'")) {
      settings.push_back(setting_of(word, one.name));
    }
  }
  return settings;
}

// `via` and `gw` of ip-route(8) and route(8).
void add_next_hops(const std::vector<Word>& words, Settings& settings) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i].text != "via" && words[i].text != "gw") continue;
    settings.push_back(setting_of(words[i + 1], words[i].text));
  }
}

Result<Settings> of_routes(const std::string& path, std::string_view text) {
  auto settings = of_assignments(path, text);
  if (!settings) return settings;
  for (const auto& line : lines_of(text)) add_next_hops(words_before_comment(line), *settings);
  return settings;
}

// "destination gateway netmask interface"
Settings of_fields(std::string_view text) {
  Settings settings;
  for (const auto& line : lines_of(text)) {
    const auto words = words_before_comment(line);
    if (words.size() > 1) settings.push_back(setting_of(words[1], "gateway"));
  }
  return settings;
}

// ---------------------------------------------------------------- interfaces(5)

// A backslash joins lines; '#' begins a comment as a line's first sign only.
std::vector<std::vector<Word>> stanzas_of(std::string_view text) {
  std::vector<std::vector<Word>> stanzas;
  bool joined = false;
  for (const auto& line : lines_of(text)) {
    const bool goes_on = line.text.ends_with('\\');
    auto words = words_of(goes_on ? line.text.substr(0, line.text.size() - 1) : line.text,
                          line.offset, kSpaces);
    if (!joined && !words.empty() && words.front().text.starts_with('#')) continue;
    if (!joined) stanzas.emplace_back();
    stanzas.back().insert(stanzas.back().end(), words.begin(), words.end());
    joined = goes_on;
  }
  std::erase_if(stanzas, [](const auto& words) { return words.empty(); });
  return stanzas;
}

bool is_command(const std::vector<Word>& words) {
  constexpr auto kWhen =
      std::to_array<std::string_view>({"down", "post-down", "post-up", "pre-down", "pre-up", "up"});
  return is_one_of(words.front().text, kWhen);
}

// Of ip(8), route(8) and arp(8): what else they name is no server.
bool is_about_network(const std::vector<Word>& words) {
  constexpr auto kPrograms = std::to_array<std::string_view>({"arp", "ip", "route"});
  return std::any_of(words.begin(), words.end(), [&](const Word& word) {
    return is_one_of(word.text.substr(word.text.rfind('/') + 1), kPrograms);
  });
}

Settings of_interfaces(std::string_view text) {
  Settings settings;
  for (const auto& words : stanzas_of(text)) {
    const std::string_view key = words.front().text;
    if (is_command(words)) {
      if (is_about_network(words)) add_next_hops(words, settings);
    } else if (key == "gateway" && words.size() > 1) {
      settings.push_back(setting_of(words[1], key));
    } else if (key == "bond-arp-ip-target" || key == "bond-arp_ip_target") {
      for (size_t i = 1; i < words.size(); ++i) {
        for (const auto& word : words_of(words[i].text, words[i].offset, ",")) {
          settings.push_back(setting_of(word, key));
        }
      }
    } else if (key == "dns-nameservers" || key == "dns-nameserver") {
      // Joined lines are no separators to be erased with an item: then each is a list of its own.
      const bool one_line =
          text.substr(words.front().offset, words.back().offset - words.front().offset)
              .find('\n') == std::string_view::npos;
      std::vector<ServerItem> items;
      for (size_t i = 1; i < words.size(); ++i) {
        if (one_line) {
          items.push_back(server_item(words[i]));
        } else {
          settings.push_back(setting_of(words[i], key));
        }
      }
      if (one_line) {
        settings.push_back(setting(std::move(items), std::to_string(words.front().offset), key));
      }
    }
  }
  return settings;
}

// ---------------------------------------------------------------- netplan

// A scalar, a key with its colon, or one of the signs []{},- of flow and block.
struct Token {
  Word word;
  bool key = false;
  bool quoted = false;
  [[nodiscard]] bool is(char sign) const {
    return !quoted && word.text.size() == 1 && word.text[0] == sign;
  }
};

std::vector<Token> yaml_tokens(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool behind_blank =
        i == 0 || std::string_view(" \t\n[{,").find(text[i - 1]) != std::string_view::npos;
    if (c == '#' && behind_blank) {
      i = std::min(text.find('\n', i), text.size());
    } else if (std::string_view(" \t\r\n").find(c) != std::string_view::npos) {
      ++i;
    } else if (c == '"' || c == '\'') {
      const size_t close = std::min(text.find(c, i + 1), text.size());
      tokens.push_back({{i + 1, text.substr(i + 1, close - i - 1)}, false, true});
      i = std::min(close + 1, text.size());
    } else if (std::string_view("[]{},").find(c) != std::string_view::npos ||
               (c == '-' && text.substr(i + 1, 1).find_first_not_of(" \n") == std::string::npos)) {
      tokens.push_back({{i, text.substr(i, 1)}, false, false});
      ++i;
    } else {
      const size_t end = std::min(text.find_first_of(" \t\r\n[]{},\"'", i), text.size());
      // A tag ("!!str") or an anchor stands before what it is about.
      if (c != '!' && c != '&') tokens.push_back({{i, text.substr(i, end - i)}, false, false});
      i = std::max(end, i + 1);
    }
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    Token& token = tokens[i];
    if (!token.quoted && token.word.text.size() > 1 && token.word.text.ends_with(':')) {
      token.key = true;
      token.word.text.remove_suffix(1);
    } else if (i + 1 < tokens.size() && tokens[i + 1].is(':')) {
      token.key = true;
      tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(i) + 1);
    }
  }
  return tokens;
}

// The scalars of the sequence that begins at `at`, in either form; `at` is left behind them.
std::vector<ServerItem> sequence_at(const std::vector<Token>& tokens, size_t& at) {
  std::vector<ServerItem> items;
  if (at < tokens.size() && tokens[at].is('[')) {
    for (++at; at < tokens.size() && !tokens[at].is(']'); ++at) {
      if (!tokens[at].is(',')) items.push_back(server_item(tokens[at].word));
    }
    return items;
  }
  while (at + 1 < tokens.size() && tokens[at].is('-') && !tokens[at + 1].key) {
    items.push_back(server_item(tokens[at + 1].word));
    at += 2;
  }
  return items;
}

Settings of_netplan(std::string_view text) {
  constexpr auto kGateways = std::to_array<std::string_view>({"gateway4", "gateway6", "via"});
  const auto tokens = yaml_tokens(text);
  Settings settings;
  bool nameservers = false;  // within them: their `search` and `addresses` follow in any order
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].key) continue;
    const std::string_view key = tokens[i].word.text;
    if (is_one_of(key, kGateways) && i + 1 < tokens.size() && !tokens[i + 1].key) {
      settings.push_back(setting_of(tokens[i + 1].word, key));
    } else if ((key == "addresses" && nameservers) || key == "arp-ip-targets") {
      size_t at = i + 1;
      for (const auto& item : sequence_at(tokens, at)) {
        settings.push_back(setting_of(item, nameservers ? "nameservers" : "arp-ip-targets"));
      }
      i = at - 1;
    }
    nameservers = key == "nameservers" || (nameservers && (key == "search" || key == "addresses"));
  }
  return settings;
}

// ---------------------------------------------------------------- networkd

Settings of_networkd(std::string_view text) {
  constexpr auto kOfNetwork = std::to_array<std::string_view>({"DNS", "Gateway", "NTP"});
  constexpr auto kOfRoute = std::to_array<std::string_view>({"Gateway", "MultiPathRoute"});
  Settings settings;
  for (const auto& entry : ini_entries(text)) {
    const bool server = (entry.section == "Network" && is_one_of(entry.key, kOfNetwork)) ||
                        (entry.section == "Route" && is_one_of(entry.key, kOfRoute)) ||
                        (entry.section == "Bond" && entry.key == "ARPIPTargets") ||
                        (entry.section == "DHCPv4" && entry.key == "AllowList");
    if (!server) continue;
    for (const auto& item : server_items(entry.value, " \t\r\n\\")) {
      settings.push_back(setting_of(item, entry.key));
    }
  }
  return settings;
}

// ---------------------------------------------------------------- dhclient

// Statements up to their semicolons, braces apart; strings are words, comments none.
Settings of_dhclient(std::string_view text) {
  constexpr auto kStatements =
      std::to_array<std::string_view>({"append", "default", "option", "prepend", "supersede"});
  constexpr auto kOptions =
      std::to_array<std::string_view>({"dhcp-server-identifier", "domain-name-servers",
                                       "log-servers", "ntp-servers", "routers", "time-servers"});
  const std::string plain =
      without_comments(text, {.line = {}, .behind = {}, .anywhere = "#", .quotes = "\""});
  Settings settings;
  for (size_t begin = 0; begin < plain.size();) {
    const size_t end = std::min(plain.find_first_of(";{}", begin), plain.size());
    const auto words =
        words_of(std::string_view(plain).substr(begin, end - begin), begin, " \t\r\n,");
    begin = end + 1;
    if (words.size() < 3 || !is_one_of(words[0].text, kStatements) ||
        !is_one_of(words[1].text, kOptions)) {
      continue;
    }
    const auto label = text.substr(words[1].offset, words[1].text.size());
    for (size_t i = 2; i < words.size(); ++i) {
      settings.push_back(setting_of(
          Word{words[i].offset, text.substr(words[i].offset, words[i].text.size())}, label));
    }
  }
  return settings;
}

}  // namespace

std::vector<std::string> NetworkFiles::paths() const {
  return {"/etc/sysconfig/network",
          "/etc/sysconfig/network-scripts/ifcfg-*",
          "/etc/sysconfig/network-scripts/route-*",
          "/etc/sysconfig/network-scripts/route6-*",
          "/etc/sysconfig/network/ifroute-*",
          "/etc/sysconfig/network/routes",
          std::string(kInterfaces),
          "/etc/network/interfaces.d/*",
          "/etc/netplan/*.yaml",
          "/etc/systemd/network/*.network",
          "/etc/systemd/network/*.netdev",
          "/etc/dhcp/dhclient.conf",
          "/etc/dhclient.conf"};
}

std::vector<Include> NetworkFiles::roots() const {
  std::vector<Include> roots;
  for (auto& path : paths()) {
    if (path.starts_with("/etc/network/interfaces.d")) continue;  // only if it is sourced
    roots.push_back({.patterns = {std::move(path)}, .without_copies = true});
  }
  roots.push_back({.patterns = {"/etc/systemd/network/*.network.d/*.conf"}});
  return roots;
}

std::vector<Include> NetworkFiles::includes(const std::string& path, std::string_view text) const {
  std::vector<Include> includes;
  if (!path.starts_with(kInterfaces)) return includes;
  const EditList places(text);
  for (const auto& words : stanzas_of(text)) {
    if (words.size() < 2) continue;
    const bool directory = words[0].text == "source-directory";
    if (!directory && words[0].text != "source") continue;
    std::string pattern(words[1].text);
    if (!pattern.starts_with('/')) pattern.insert(0, "/etc/network/");
    if (directory) pattern += "/*";
    includes.push_back({.patterns = {std::move(pattern)}, .line = places.line_at(words[0].offset)});
  }
  return includes;
}

std::string NetworkFiles::searchable(std::string_view text) const {
  std::string result = all_blank(text);
  for (const auto& words : stanzas_of(text)) {
    if (!is_command(words) || is_about_network(words)) continue;
    for (size_t i = 1; i < words.size(); ++i) {
      result.replace(words[i].offset, words[i].text.size(), words[i].text);
    }
  }
  return result;
}

Result<Settings> NetworkFiles::settings_of(const std::string& path, std::string_view text) const {
  const std::string file = path.substr(path.rfind('/') + 1);
  if (path.starts_with("/etc/systemd/")) return of_networkd(text);
  if (path.starts_with("/etc/netplan/")) return of_netplan(text);
  if (file == "dhclient.conf") return of_dhclient(text);
  if (file == "routes" || file.starts_with("ifroute-")) return of_fields(text);
  if (file.starts_with("route-") || file.starts_with("route6-")) return of_routes(path, text);
  if (path.starts_with("/etc/sysconfig/")) return of_assignments(path, text);
  return of_interfaces(text);
}

}  // namespace sn::agent
