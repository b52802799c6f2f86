#include "agent/references/host_list.h"

#include <algorithm>
#include <functional>
#include <map>

#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

namespace {

using What = EntryChange::What;

// The indices in `same_key` that are equal to entry i once everything has moved.
std::vector<size_t> equal_to(size_t i, const std::vector<size_t>& same_key,
                             const std::vector<std::string_view>& hosts,
                             const std::vector<EntryChange>& changes,
                             const IdentityIndex& identity) {
  std::vector<size_t> equal;
  for (const size_t j : same_key) {
    // What was dropped for another entry's sake must not take this one's place.
    if (changes[j].what == What::dropped) continue;
    if (j == i || same_host(hosts[i], hosts[j], identity)) equal.push_back(j);
  }
  return equal;
}

size_t survivor_of(std::vector<size_t> equal, Survivor survivor,
                   const std::vector<ListEntry>& entries, const std::vector<EntryChange>& changes) {
  const auto is_used = [&](size_t i) { return !entries[i].is_unused; };
  if (std::any_of(equal.begin(), equal.end(), is_used)) {
    std::erase_if(equal, std::not_fn(is_used));
  }
  if (survivor == Survivor::existing) {
    for (const size_t j : equal) {
      if (changes[j].what == What::stays) return j;
    }
  }
  return equal.front();
}

}  // namespace

Result<std::vector<EntryChange>> change_entries(const std::vector<ListEntry>& entries,
                                                Survivor survivor, std::string_view path,
                                                const IdentityIndex& identity, const Move& move) {
  std::vector<EntryChange> changes(entries.size());
  std::map<std::string_view, std::vector<size_t>> by_key;
  for (size_t i = 0; i < entries.size(); ++i) {
    by_key[entries[i].key].push_back(i);
    auto moved = moved_token(entries[i].host, identity, move, place_of(path, entries[i].line));
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) changes[i] = {What::replaced, std::move(**moved), 0};
  }
  std::vector<std::string_view> hosts;
  for (size_t i = 0; i < entries.size(); ++i) {
    hosts.push_back(changes[i].what == What::replaced ? changes[i].host : entries[i].host);
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (changes[i].what != What::replaced) continue;
    const auto equal = equal_to(i, by_key[entries[i].key], hosts, changes, identity);
    const size_t left = survivor_of(equal, survivor, entries, changes);
    for (const size_t j : equal) {
      if (j == left || entries[j].is_needed) continue;
      changes[j].what = What::dropped;
      changes[j].survivor = left;
    }
  }
  return changes;
}

}  // namespace sn::agent
