// cluster.toml: the inventory as the administrator writes it. The coordinator reads all of it; a
// node reads the same file for its servers only.
//
//   [[service_node]]   name, node_names, addresses ("10.1.1.100/24"), nim_master_id (optional),
//                      services (optional: ["22/tcp", "53/udp"])
//   [[external_nfs]]   name, addresses
//   [[shared_path]]    path, same_data (default false), marker (optional)
//   [[node]]           names ("cn[001-128]"), service_nodes (primary first), addresses (optional:
//                      "10.1.1.7", a list, or a rule: "10.1.1.{n+10}" with the node's number)
//
// An unknown key, a duplicate node or server, a service node without an address, a range without
// end: an error of class invalid_input with file:line in `to`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/model/address.h"
#include "common/model/service_node.h"

namespace sn {

struct Cluster {
  Directory directory;
  std::map<std::string, std::vector<std::string>>
      nodes;  // node -> its service nodes, primary first
  // Of nodes of which any is known: whoever knocks from there is the node.
  std::map<std::string, std::set<IpAddress>> node_addresses;
};

[[nodiscard]] Result<Cluster> parse_cluster(std::string_view toml, const std::string& path);
// Reads at most 16 MiB: 100,000 nodes on lines of their own are 10.
[[nodiscard]] Result<Cluster> load_cluster(const std::string& path);

}  // namespace sn
