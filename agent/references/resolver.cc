#include "agent/references/resolver.h"

#include <algorithm>

#include "agent/references/edit_list.h"
#include "agent/references/host_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

namespace {

struct NameServer {
  Line line;
  Word address;
};

std::vector<NameServer> name_servers(std::string_view text) {
  constexpr std::string_view kKeyword = "nameserver";
  std::vector<NameServer> servers;
  for (const auto& line : lines_of(text)) {
    const auto words = words_of(line);
    if (words.size() < 2 || words[0].offset != line.offset || words[0].text != kKeyword) continue;
    Word address = words[1];
    // A zone ("fe80::1%eth0") is no part of the address.
    address.text = address.text.substr(0, address.text.find('%'));
    servers.push_back({line, address});
  }
  return servers;
}

bool names_domains(std::string_view keyword) { return keyword == "search" || keyword == "domain"; }

}  // namespace

std::vector<std::string> listed_name_servers(std::string_view text) {
  std::vector<std::string> listed;
  for (const auto& server : name_servers(text)) listed.emplace_back(server.address.text);
  return listed;
}

std::string searched_domain(std::string_view text) {
  std::string_view domain;
  for (const auto& line : lines_of(text)) {
    const auto words = words_of(line, kSpaces);
    if (words.empty() || words[0].offset != line.offset || !names_domains(words[0].text)) continue;
    domain = words.size() > 1 ? words[1].text : std::string_view();
  }
  // "." says that nothing is searched.
  domain.remove_prefix(std::min(domain.find_first_not_of('.'), domain.size()));
  return std::string(domain);
}

Result<std::vector<Reference>> Resolver::discover(const std::string& path, std::string_view text,
                                                  const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  std::vector<Mention> mentions;
  for (const auto& server : name_servers(text)) {
    mentions.push_back(
        {server.address.offset, server.address.text, server.line.number, "nameserver"});
  }
  return references_of(name(), path, mentions, identity);
}

Result<FilePlan> Resolver::plan(const std::string& path, std::string_view text,
                                const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto servers = name_servers(text);
  std::vector<ListEntry> entries;
  for (const auto& server : servers) {
    entries.push_back({{}, server.address.text, server.line.number});
  }
  // The first name server is asked first: the order means something.
  const auto changes = change_entries(entries, Survivor::first, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  EditList edits(text);
  for (size_t i = 0; i < servers.size(); ++i) {
    const auto& change = (*changes)[i];
    if (change.what == EntryChange::What::replaced) {
      edits.replace(servers[i].address.offset, servers[i].address.text.size(), change.host);
    } else if (change.what == EntryChange::What::dropped) {
      edits.erase(servers[i].line.offset, servers[i].line.next());
    }
  }
  return FilePlan{edits.take(), {}, {}};
}

// The words of `search` and `domain` are domains, whatever host has the same name.
std::string Resolver::searchable(std::string_view text) const {
  std::string result = without_comments(text, {.behind = "#;"});
  for (const auto& line : lines_of(text)) {
    const auto words = words_of(line, kSpaces);
    if (words.empty() || !names_domains(words.front().text)) continue;
    std::fill_n(result.begin() + static_cast<std::ptrdiff_t>(line.offset), line.text.size(), ' ');
  }
  return result;
}

}  // namespace sn::agent
