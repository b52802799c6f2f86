#include "common/model/cluster_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/toml_reader.h"
#include "common/model/address_rule.h"
#include "common/model/identity.h"
#include "common/model/node_list.h"

namespace sn {

namespace {

constexpr size_t kMaxClusterBytes = 16 * 1024 * 1024;
constexpr size_t kNimIdDigits = 12;

bool is_host_name(std::string_view name) {
  // RFC 1123 with '_', which sites use; 253 is the longest name DNS can carry.
  return !name.empty() && name.size() <= 253 && name.front() != '-' && name.front() != '.' &&
         host_like_tokens(name).size() == 1 && host_like_tokens(name).front().text == name;
}

bool is_nim_id(std::string_view id) {
  return id.size() == kNimIdDigits && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// "cluster.toml:12" -> "line 12": short enough for "already on line 12".
std::string line_of(const std::string& place) {
  const size_t colon = place.rfind(':');
  return colon == std::string::npos ? place : "line " + place.substr(colon + 1);
}

class ClusterReader {
 public:
  Cluster read(const TomlTable& root) {
    for (const auto& table : root.tables("service_node")) read_service_node(table);
    for (const auto& table : root.tables("external_nfs")) read_external_nfs(table);
    for (const auto& table : root.tables("shared_path")) read_shared_path(table);
    for (const auto& table : root.tables("node")) read_nodes(table);
    if (cluster_.directory.service_nodes.empty()) {
      root.reject(root.place(), "no [[service_node]]", "describe every service node");
    }
    return std::move(cluster_);
  }

 private:
  void read_service_node(const TomlTable& table) {
    ServiceNode node;
    node.name = table.string("name");
    claim_server(table, node.name);
    node.node_names = table.strings("node_names");
    for (size_t i = 0; i < node.node_names.size(); ++i) {
      claim_name(table, table.place("node_names", i), node.node_names[i], node.name);
    }
    node.addresses = read_addresses(table, node.name);
    node.nim_master_id = table.string("nim_master_id", "");
    check_nim_id(table, node);
    if (table.has("services")) node.services = read_services(table);
    cluster_.directory.service_nodes.push_back(std::move(node));
  }

  void read_external_nfs(const TomlTable& table) {
    ExternalNfs server;
    server.name = table.string("name");
    claim_server(table, server.name);
    server.addresses = read_addresses(table, server.name);
    cluster_.directory.external_nfs.push_back(std::move(server));
  }

  void read_shared_path(const TomlTable& table) {
    SharedPath shared;
    shared.path = table.string("path");
    shared.same_data = table.boolean("same_data", false);
    shared.marker = table.string("marker", "");
    if (table.has("path")) {
      const std::string place = table.place("path");
      while (shared.path.size() > 1 && shared.path.back() == '/') shared.path.pop_back();
      if (shared.path.empty() || shared.path.front() != '/') {
        table.reject(place, quoted(shared.path) + " is no absolute path",
                     "write the path as the service nodes export it: \"/shared_home\"");
      } else if (!is_plain_path(shared.path)) {
        table.reject(place,
                     quoted(shared.path) + " has a '.', a '..' or nothing between two slashes",
                     "write the path as the service nodes export it: \"/shared_home\"");
      }
      const auto [known, added] = shared_places_.emplace(shared.path, place);
      if (!added) {
        table.reject(place, quoted(shared.path) + " is already on " + line_of(known->second),
                     "describe every path once");
      }
    }
    if (!shared.marker.empty() && (shared.marker.front() == '/' ||
                                   ("/" + shared.marker + "/").find("/../") != std::string::npos)) {
      table.reject(table.place("marker"),
                   quoted(shared.marker) + " is no path below the shared one",
                   "write it relative to `path`: \".snagent-marker\"");
    }
    cluster_.directory.shared_paths.push_back(std::move(shared));
  }

  void read_nodes(const TomlTable& table) {
    const std::string list = table.string("names");
    const auto names = expand_node_list(list, Duplicates::refuse);
    if (!names) {
      if (!list.empty() || table.has("names")) {
        table.reject(table.place("names"),
                     quoted(names.error().to) + ": " + text_of(names.error().why),
                     names.error().cure.empty() ? "write it as \"cn[001-128]\""
                                                : text_of(names.error().cure));
      }
    }
    const auto service_nodes = read_service_nodes_of(table);
    if (!names) return;
    for (const auto& name : *names) add_node(table, name, service_nodes);
    if (table.has("addresses")) read_addresses_of(table, *names);
  }

  // Each by its rule; an address is one node's, and no server's.
  void read_addresses_of(const TomlTable& table, const std::vector<std::string>& nodes) {
    const std::string place = table.place("addresses");
    for (const auto& rule : table.one_or_more("addresses")) {
      for (const auto& node : nodes) {
        const auto address = address_by_rule(rule, node);
        if (!address) {
          table.reject(place, quoted(rule) + " gives no address of node " + quoted(node),
                       "write it as \"10.1.1.7\", or \"10.1.1.{n+10}\" with the node's number");
          return;
        }
        const auto [known, added] = address_places_.emplace(*address, place);
        if (!added) {
          table.reject(place,
                       "address " + address->to_string() + " of node " + quoted(node) +
                           " is already on " + line_of(known->second),
                       "an address belongs to one node");
          return;
        }
        cluster_.node_addresses[node].insert(*address);
      }
    }
  }

  void add_node(const TomlTable& table, const std::string& name,
                const std::vector<std::string>& service_nodes) {
    const std::string place = table.place("names");
    if (!is_host_name(name)) {
      table.reject(place, quoted(name) + " is not a node name",
                   "use letters, digits, '.', '-' and '_'");
    }
    const auto [known, added] = node_places_.emplace(name, place);
    if (!added) {
      table.reject(place, "node " + quoted(name) + " is already on " + line_of(known->second),
                   "list every node once");
    }
    if (node_places_.size() == kMaxNodes + 1) {
      table.reject(place, "more than " + std::to_string(kMaxNodes) + " nodes",
                   "is a range too long?");
    }
    cluster_.nodes.emplace(name, service_nodes);
  }

  std::vector<std::string> read_service_nodes_of(const TomlTable& table) {
    auto names = table.strings("service_nodes");
    if (names.empty() && table.has("service_nodes")) {
      table.reject(table.place("service_nodes"), "no service node",
                   "name at least the primary one");
    }
    std::set<std::string> seen;
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string place = table.place("service_nodes", i);
      if (cluster_.directory.find(names[i]) == nullptr) {
        table.reject(place, "unknown service node " + quoted(names[i]),
                     "describe it as a [[service_node]], or correct the name");
      }
      if (!seen.insert(names[i]).second) {
        table.reject(place, quoted(names[i]) + " is listed twice", "list it once, primary first");
      }
    }
    return names;
  }

  std::vector<ServicePort> read_services(const TomlTable& table) {
    std::vector<ServicePort> services;
    const auto texts = table.strings("services");
    if (texts.empty() || texts.size() > kMaxServices) {
      table.reject(table.place("services"), std::to_string(texts.size()) + " services to ask",
                   "list 1 to " + std::to_string(kMaxServices) + ", or leave the key out");
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto service = ServicePort::parse(texts[i]);
      if (!service) {
        table.reject(table.place("services", i), quoted(texts[i]) + " is no port and transport",
                     "write it as \"22/tcp\" or \"53/udp\"");
      } else if (std::find(services.begin(), services.end(), *service) != services.end()) {
        table.reject(table.place("services", i), quoted(texts[i]) + " is listed twice",
                     "list it once");
      } else {
        services.push_back(*service);
      }
    }
    return services;
  }

  std::vector<NetworkAddress> read_addresses(const TomlTable& table, const std::string& owner) {
    std::vector<NetworkAddress> addresses;
    const auto texts = table.strings("addresses");
    if (texts.empty() && table.has("addresses")) {
      table.reject(table.place("addresses"), quoted(owner) + " has no address",
                   "add its address on each node network: \"10.1.1.100/24\"");
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string place = table.place("addresses", i);
      const auto address = NetworkAddress::parse(texts[i]);
      if (!address) {
        table.reject(place, quoted(texts[i]) + ": " + text_of(address.error().why),
                     "write it as \"10.1.1.100/24\"");
        continue;
      }
      for (const auto& other : addresses) {
        if (!other.contains(address->address) && !address->contains(other.address)) continue;
        table.reject(place,
                     other.to_string() + " and " + address->to_string() + " of " + quoted(owner) +
                         " are in the same network",
                     "keep the one the nodes use");
      }
      const auto [known, added] = address_places_.emplace(address->address, place);
      if (!added) {
        table.reject(
            place,
            "address " + address->address.to_string() + " is already on " + line_of(known->second),
            "an address belongs to one server");
      }
      addresses.push_back(*address);
    }
    return addresses;
  }

  void check_nim_id(const TomlTable& table, const ServiceNode& node) {
    if (node.nim_master_id.empty() && !table.has("nim_master_id")) return;
    const std::string place = table.place("nim_master_id");
    if (!is_nim_id(node.nim_master_id)) {
      table.reject(place, "nim_master_id " + quoted(node.nim_master_id) + " is not 12 hex digits",
                   "copy it from `uname -m` on " + node.name + ", or leave the key out");
      return;
    }
    const auto [known, added] = nim_places_.emplace(comparable_name(node.nim_master_id), place);
    if (added) return;
    table.reject(
        place,
        "nim_master_id " + quoted(node.nim_master_id) + " is already on " + line_of(known->second),
        "every machine has its own");
  }

  // A server's own `name`, unique among all servers.
  void claim_server(const TomlTable& table, const std::string& name) {
    if (!table.has("name")) return;
    const std::string place = table.place("name");
    const auto [known, added] = server_places_.emplace(comparable_name(name), place);
    if (!added) {
      table.reject(place, "server " + quoted(name) + " is already on " + line_of(known->second),
                   "describe every server once");
      return;
    }
    claim_name(table, place, name, name);
  }

  // A name means one server. Its own `name` may also be one of its node_names.
  void claim_name(const TomlTable& table, const std::string& place, const std::string& name,
                  const std::string& owner) {
    if (!is_host_name(name)) {
      table.reject(place, quoted(name) + " is not a host name",
                   "use letters, digits, '.', '-' and '_'");
      return;
    }
    const std::string key = comparable_name(name);
    const auto [known, added] = name_owners_.emplace(key, std::pair{owner, place});
    if (added) return;
    if (known->second.first != owner) {
      table.reject(place,
                   quoted(name) + " already names " + quoted(known->second.first) + " (" +
                       line_of(known->second.second) + ")",
                   "a name belongs to one server");
    } else if (key != comparable_name(owner)) {
      table.reject(place, quoted(name) + " is listed twice", "list it once");
    }
  }

  Cluster cluster_;
  std::map<std::string, std::string> server_places_;
  std::map<std::string, std::pair<std::string, std::string>> name_owners_;
  std::map<IpAddress, std::string> address_places_;
  std::map<std::string, std::string> nim_places_;
  std::map<std::string, std::string> shared_places_;
  std::map<std::string, std::string> node_places_;
};

Result<Cluster> read(const TomlFile& file) {
  Cluster cluster = ClusterReader().read(file.root());
  if (const Status read = file.finish(); !read) return tl::unexpected(read.error());
  return cluster;
}

}  // namespace

Result<Cluster> parse_cluster(std::string_view toml, const std::string& path) {
  const auto file = TomlFile::parse(toml, path);
  if (!file) return tl::unexpected(file.error());
  return read(*file);
}

Result<Cluster> load_cluster(const std::string& path) {
  const auto file = TomlFile::load(path, kMaxClusterBytes);
  if (!file) return tl::unexpected(file.error());
  return read(*file);
}

}  // namespace sn
