#include "agent/references/network_files.h"

#include <algorithm>
#include <array>

#include "agent/references/edit_list.h"
#include "agent/references/environment.h"
#include "agent/references/lines.h"

namespace sn::agent {

namespace {

// Behind these words stands where a route leads to (ip-route(8), route(8), netplan).
bool says_destination(std::string_view word) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"-host", "-net", "Destination", "add", "append", "change", "del", "replace", "to", "to:"});
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// "via:" and "10.1.1.100:" are YAML's keys and nobody's names.
struct Split {
  std::vector<Word> servers;       // words that may name one
  std::vector<Word> destinations;  // and those that would, and don't
};

Split words_in(std::string_view text) {
  Split split;
  for (const auto& line : lines_of(text)) {
    const size_t begin = line.text.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line.text[begin] == '#' || line.text[begin] == ';') {
      continue;
    }
    const std::string_view plain = line.text.substr(0, line.text.find(" #"));
    std::string_view before;
    for (const auto& word : words_of(plain, line.offset, " \t\r\v\f\"'=,;[](){}")) {
      const bool first = word.offset == line.offset + begin;
      const bool leads_there = first || says_destination(before) ||
                               word.text.find('/') != std::string_view::npos ||
                               word.text.ends_with(':');
      (leads_there ? split.destinations : split.servers).push_back(word);
      before = word.text;
    }
  }
  return split;
}

std::vector<Mention> mentions_of(std::string_view text) {
  const EditList places(text);
  std::vector<Mention> mentions;
  for (const auto& word : words_in(text).servers) {
    mentions.push_back({word.offset, word.text, places.line_at(word.offset), "network setting"});
  }
  return mentions;
}

}  // namespace

std::vector<std::string> NetworkFiles::paths() const {
  return {"/etc/sysconfig/network",
          "/etc/sysconfig/network-scripts/ifcfg-*",
          "/etc/sysconfig/network-scripts/route-*",
          "/etc/sysconfig/network-scripts/route6-*",
          "/etc/sysconfig/network/ifcfg-*",
          "/etc/sysconfig/network/ifroute-*",
          "/etc/sysconfig/network/routes",
          "/etc/network/interfaces",
          "/etc/network/interfaces.d/*",
          "/etc/netplan/*.yaml",
          "/etc/systemd/network/*.network",
          "/etc/dhcp/dhclient.conf",
          "/etc/dhclient.conf"};
}

std::vector<Include> NetworkFiles::roots() const {
  std::vector<Include> roots;
  for (auto& path : paths()) {
    roots.push_back({.patterns = {std::move(path)}, .without_copies = true});
  }
  roots.push_back({.patterns = {"/etc/systemd/network/*.network.d/*.conf"}});
  return roots;
}

std::string NetworkFiles::searchable(std::string_view text) const {
  std::string result = FileKind::searchable(text);
  for (const auto& word : words_in(text).destinations) {
    result.replace(word.offset, word.text.size(), word.text.size(), ' ');
  }
  return result;
}

Result<std::vector<Reference>> NetworkFiles::discover(const std::string& path,
                                                      std::string_view text,
                                                      const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  auto mentions = mentions_of(text);
  // A short alias is a word of these files, too ("dns", "gateway").
  std::erase_if(mentions, [&](const Mention& one) { return identity.is_short_alias(one.token); });
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> NetworkFiles::plan(const std::string& path, std::string_view text,
                                    const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  auto mentions = mentions_of(text);
  std::erase_if(mentions, [&](const Mention& one) { return identity.is_short_alias(one.token); });
  auto edits = replace_mentions(mentions, path, text, identity, move);
  if (!edits) return tl::unexpected(edits.error());
  return FilePlan{std::move(*edits), {}, {}};
}

}  // namespace sn::agent
