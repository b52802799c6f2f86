// What a move rests on of a service node's entry in cluster.toml, as text: the coordinator says
// with each order how it reads the entries, and a node whose own copy reads otherwise says where.
// Never taken over from the network: what is not the same ends the order.
//
// Values, pure.
#pragma once

#include <string>
#include <vector>

#include "common/model/service_node.h"

namespace sn {

struct ServiceNodeEntry {
  std::string name;
  std::vector<std::string> node_names;
  std::vector<std::string> addresses;  // "10.1.1.100/24"
  std::string nim_master_id;
  bool operator==(const ServiceNodeEntry&) const = default;
};

[[nodiscard]] ServiceNodeEntry entry_of(const ServiceNode& node);
// Of whom a move leaves and where it goes. Who is not listed is left out.
[[nodiscard]] std::vector<ServiceNodeEntry> entries_of(const Directory& directory,
                                                       const std::vector<std::string>& from,
                                                       const std::string& to);

struct EntryDifference {
  std::string service_node;
  std::string key;    // of cluster.toml; empty: the entry as a whole
  std::string here;   // empty: not there
  std::string there;  // empty: not there
  bool operator==(const EntryDifference&) const = default;
};

// In the order of `meant`, each in the order of the struct. What stands in a list in another order
// is the same.
[[nodiscard]] std::vector<EntryDifference> differences(const Directory& own,
                                                       const std::vector<ServiceNodeEntry>& meant);

}  // namespace sn
