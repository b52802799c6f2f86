#include "agent/references/server_list.h"

#include <algorithm>

namespace sn::agent {

namespace {

using What = EntryChange::What;

// Erases what is dropped with the separators before it, or behind it for the first; false: nothing
// would be left.
bool drop_items(const std::vector<ServerItem>& items, const EntryChange* changes, EditList& edits) {
  size_t first = 0;
  while (first < items.size() && changes[first].what == What::dropped) ++first;
  if (first == items.size()) return false;
  if (first > 0) edits.erase(items.front().item.offset, items[first].item.offset);
  for (size_t i = first + 1; i < items.size(); ++i) {
    if (changes[i].what == What::dropped) {
      edits.erase(items[i - 1].item.stop(), items[i].item.stop());
    }
  }
  return true;
}

}  // namespace

ServerItem server_item(const Word& word) {
  ServerItem read{word, word, {word.offset, {}}};
  Word& host = read.host;
  const auto skip = [&](size_t size) { host = {host.offset + size, host.text.substr(size)}; };
  if (const size_t scheme = host.text.find("://"); scheme != std::string_view::npos) {
    skip(scheme + 3);
  }
  if (const size_t hash = host.text.find('#'); hash != std::string_view::npos) {
    read.server_name = {host.offset + hash + 1, host.text.substr(hash + 1)};
    host.text = host.text.substr(0, hash);
  }
  host.text = host.text.substr(0, host.text.find_first_of("@/"));
  if (host.text.starts_with('[')) {
    skip(1);
    host.text = host.text.substr(0, host.text.find(']'));
  }
  host.text = host.text.substr(0, host.text.find('%'));
  if (!IpAddress::parse(host.text)) host.text = host.text.substr(0, host.text.find(':'));
  return read;
}

ServerSetting setting_on_line(ServerItem item, std::string key, std::string_view label,
                              const Line& line) {
  return {{item}, std::move(key), label, line.number, line.offset, line.next()};
}

std::vector<ServerItem> server_items(const Word& value, std::string_view separators) {
  std::vector<ServerItem> items;
  for (const auto& word : words_of(value.text, value.offset, separators)) {
    items.push_back(server_item(word));
  }
  return items;
}

std::vector<Mention> mentions_of(const std::vector<ServerSetting>& settings,
                                 std::string_view text) {
  const EditList places(text);
  std::vector<Mention> mentions;
  for (const auto& setting : settings) {
    for (const auto& item : setting.items) {
      for (const Word& word : {item.host, item.server_name}) {
        if (word.text.empty()) continue;
        mentions.push_back({word.offset, word.text, places.line_at(word.offset), setting.label});
      }
    }
  }
  return mentions;
}

Result<FilePlan> plan_settings(const std::vector<ServerSetting>& settings, const std::string& path,
                               std::string_view text, const IdentityIndex& identity,
                               const Move& move) {
  EditList edits(text);
  std::vector<ListEntry> entries;
  for (const auto& setting : settings) {
    for (const auto& item : setting.items) {
      entries.push_back({setting.key + "\n" + std::string(item.form), item.host.text,
                         edits.line_at(item.host.offset)});
    }
  }
  const auto changes = change_entries(entries, Survivor::first, path, identity, move);
  if (!changes) return tl::unexpected(changes.error());
  const EntryChange* next = changes->data();
  for (const auto& setting : settings) {
    const bool left = drop_items(setting.items, next, edits);
    if (!left && !setting.items.empty() && setting.begin < setting.end)
      edits.erase(setting.begin, setting.end);
    for (const auto& item : setting.items) {
      const EntryChange& change = *next++;
      if (change.what == What::dropped) continue;
      if (change.what == What::replaced) {
        edits.replace(item.host.offset, item.host.text.size(), change.host);
      }
      const auto name = moved_token(item.server_name.text, identity, move,
                                    place_of(path, edits.line_at(item.item.offset)));
      if (!name) return tl::unexpected(name.error());
      if (*name) edits.replace(item.server_name.offset, item.server_name.text.size(), **name);
    }
  }
  return FilePlan{edits.take(), {}, {}};
}

}  // namespace sn::agent
