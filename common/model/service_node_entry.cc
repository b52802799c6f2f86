#include "common/model/service_node_entry.h"

#include <algorithm>

#include "common/facts/text.h"

namespace sn {

namespace {

// What of the one is not in the other.
std::string only_in(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  std::vector<std::string> only;
  for (const auto& item : one) {
    if (std::find(other.begin(), other.end(), item) == other.end()) only.push_back(item);
  }
  return join(only);
}

}  // namespace

ServiceNodeEntry entry_of(const ServiceNode& node) {
  ServiceNodeEntry entry{node.name, node.node_names, {}, node.nim_master_id};
  for (const auto& address : node.addresses) entry.addresses.push_back(address.to_string());
  return entry;
}

std::vector<ServiceNodeEntry> entries_of(const Directory& directory,
                                         const std::vector<std::string>& from,
                                         const std::string& to) {
  std::vector<ServiceNodeEntry> entries;
  const auto add = [&](const std::string& name) {
    if (const ServiceNode* node = directory.find(name)) entries.push_back(entry_of(*node));
  };
  for (const auto& name : from) add(name);
  add(to);
  return entries;
}

std::vector<EntryDifference> differences(const Directory& own,
                                         const std::vector<ServiceNodeEntry>& meant) {
  std::vector<EntryDifference> found;
  for (const auto& there : meant) {
    const ServiceNode* node = own.find(there.name);
    if (node == nullptr) {
      found.push_back({there.name, "", "", join(there.addresses)});
      continue;
    }
    const ServiceNodeEntry here = entry_of(*node);
    const auto compare = [&](const char* key, const std::vector<std::string>& mine,
                             const std::vector<std::string>& yours) {
      EntryDifference difference{there.name, key, only_in(mine, yours), only_in(yours, mine)};
      if (difference.here != difference.there) found.push_back(std::move(difference));
    };
    compare("node_names", here.node_names, there.node_names);
    compare("addresses", here.addresses, there.addresses);
    const auto one = [](const std::string& id) {
      return id.empty() ? std::vector<std::string>{} : std::vector<std::string>{id};
    };
    compare("nim_master_id", one(here.nim_master_id), one(there.nim_master_id));
  }
  return found;
}

}  // namespace sn
