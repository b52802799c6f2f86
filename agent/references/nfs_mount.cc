#include "agent/references/nfs_mount.h"

#include <algorithm>

namespace sn::agent {

namespace {

constexpr std::string_view kUrl = "nfs://";

// Reads one server with its brackets and weight from the start of `rest`; nullopt: there is none.
std::optional<NfsHost> host_at(std::string_view rest, size_t offset) {
  Word host{offset, {}};
  size_t end = 0;
  if (rest.starts_with('[')) {
    end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = {offset + 1, rest.substr(1, end - 1)};
    ++end;
  } else {
    end = rest.find_first_of("(,:");
    if (end == std::string_view::npos) return std::nullopt;
    host.text = rest.substr(0, end);
  }
  if (host.text.empty()) return std::nullopt;
  if (rest.substr(end).starts_with('(')) {
    const size_t close = rest.find(')', end);
    if (close == std::string_view::npos) return std::nullopt;
    end = close + 1;
  }
  return NfsHost{host, {offset, rest.substr(0, end)}};
}

// "nfs://host[:port]/path"
std::optional<NfsSource> url_source(const Word& word) {
  const std::string_view rest = word.text.substr(kUrl.size());
  const size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (slash == std::string_view::npos || authority.empty()) return std::nullopt;
  const bool bracket = authority.front() == '[';
  const size_t end = authority.find(bracket ? ']' : ':');
  if (bracket && end == std::string_view::npos) return std::nullopt;
  const size_t skipped = bracket ? 1 : 0;
  const Word host{word.offset + kUrl.size() + skipped, authority.substr(skipped, end - skipped)};
  if (host.text.empty()) return std::nullopt;
  NfsSource source;
  source.hosts.push_back({host, {word.offset + kUrl.size(), authority}});
  source.path = {word.offset + kUrl.size() + slash, rest.substr(slash)};
  return source;
}

}  // namespace

std::optional<NfsSource> nfs_source(const Word& word) {
  if (word.text.starts_with(kUrl)) return url_source(word);
  NfsSource source;
  size_t at = 0;
  while (true) {
    const auto host = host_at(word.text.substr(at), word.offset + at);
    if (!host) return std::nullopt;
    source.hosts.push_back(*host);
    at = host->item.stop() - word.offset;
    const std::string_view rest = word.text.substr(at);
    if (rest.starts_with(':')) break;
    if (!rest.starts_with(',')) return std::nullopt;
    ++at;
  }
  source.path = {word.offset + at + 1, word.text.substr(at + 1)};
  return source;
}

void NfsOptions::add(const NfsOptions& later) {
  if (later.read_only) read_only = later.read_only;
  if (!later.fstype.empty()) fstype = later.fstype;
  servers.insert(servers.end(), later.servers.begin(), later.servers.end());
}

NfsOptions nfs_options(const Word& list) {
  NfsOptions options;
  for (size_t begin = 0; begin < list.text.size();) {
    size_t end = begin;
    for (bool quoted = false; end < list.text.size() && (quoted || list.text[end] != ','); ++end) {
      if (list.text[end] == '"') quoted = !quoted;
    }
    const std::string_view option = list.text.substr(begin, end - begin);
    const size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    if (option == "ro" || option == "rw") options.read_only = option == "ro";
    if (equals != std::string_view::npos) {
      const Word value{list.offset + begin + equals + 1, option.substr(equals + 1)};
      if (name == "fstype") options.fstype = value.text;
      if (name == "addr" || name == "mountaddr" || name == "mounthost") {
        options.servers.push_back(value);
      }
    }
    begin = end + 1;
  }
  return options;
}

WhyItStays other_data() { return {Fact(FactCode::other_data), Cure(CureCode::declare_same_data)}; }

std::string_view mount_label(bool read_only) {
  return read_only ? "read-only mount" : "read-write mount";
}

void add_mentions(const NfsSource& source, const NfsOptions& options, bool follows, uint32_t line,
                  std::vector<Mention>& mentions) {
  const std::string_view label = mount_label(options.read_only.value_or(false));
  const auto role = follows ? ReferenceRole::move : ReferenceRole::keep;
  const auto add = [&](const Word& word) {
    mentions.push_back({word.offset, word.text, line, label, role});
  };
  for (const auto& host : source.hosts) add(host.host);
  for (const auto& server : options.servers) add(server);
}

bool edit_hosts(const NfsSource& source, const EntryChange* changes, EditList& edits) {
  using What = EntryChange::What;
  const auto& hosts = source.hosts;
  size_t first = 0;
  while (first < hosts.size() && changes[first].what == What::dropped) ++first;
  if (first == hosts.size()) return false;
  if (first > 0) edits.erase(hosts.front().item.offset, hosts[first].item.offset);
  for (size_t i = first; i < hosts.size(); ++i) {
    if (changes[i].what == What::replaced) {
      edits.replace(hosts[i].host.offset, hosts[i].host.text.size(), changes[i].host);
    } else if (changes[i].what == What::dropped) {
      edits.erase(hosts[i - 1].item.stop(), hosts[i].item.stop());
    }
  }
  return true;
}

Status edit_options(const NfsOptions& options, const std::string& place,
                    const IdentityIndex& identity, const Move& move, EditList& edits) {
  for (const auto& server : options.servers) {
    const auto moved = moved_token(server.text, identity, move, place);
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) edits.replace(server.offset, server.text.size(), **moved);
  }
  return {};
}

}  // namespace sn::agent
