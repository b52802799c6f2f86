#include "coordinator/enrolment/hosts_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sn::coordinator {

namespace {

// The words of a line, without its remark.
std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (size_t begin = line.find_first_not_of(kBlank); begin != std::string_view::npos;) {
    const size_t end = line.find_first_of(kBlank, begin);
    words.push_back(line.substr(begin, end - begin));
    begin = end == std::string_view::npos ? end : line.find_first_not_of(kBlank, end);
  }
  return words;
}

bool is_servers(const Cluster& cluster, const IpAddress& address) {
  const auto has = [&](const auto& machine) {
    return std::any_of(machine.addresses.begin(), machine.addresses.end(),
                       [&](const NetworkAddress& at) { return at.address == address; });
  };
  const Directory& directory = cluster.directory;
  return std::any_of(directory.service_nodes.begin(), directory.service_nodes.end(), has) ||
         std::any_of(directory.external_nfs.begin(), directory.external_nfs.end(), has);
}

}  // namespace

void add_addresses_of_hosts(std::string_view hosts, Cluster& cluster) {
  std::map<IpAddress, std::set<std::string>> nodes_at;
  for (const auto& [node, addresses] : cluster.node_addresses) {
    for (const auto& address : addresses) nodes_at[address].insert(node);
  }
  while (!hosts.empty()) {
    const size_t end = hosts.find('\n');
    const auto words = words_of(hosts.substr(0, end));
    hosts.remove_prefix(end == std::string_view::npos ? hosts.size() : end + 1);
    if (words.size() < 2) continue;
    const auto address = IpAddress::parse(words.front());
    // Some systems give their own name an address of 127/8.
    if (!address || address->is_loopback()) continue;
    for (size_t i = 1; i < words.size(); ++i) {
      const std::string name(words[i]);
      if (cluster.nodes.contains(name)) nodes_at[*address].insert(name);
    }
  }
  std::map<std::string, std::set<IpAddress>> found;
  for (const auto& [address, nodes] : nodes_at) {
    if (nodes.size() > 1 || is_servers(cluster, address)) continue;
    const std::string& node = *nodes.begin();
    if (!cluster.node_addresses.contains(node)) found[node].insert(address);
  }
  cluster.node_addresses.merge(found);
}

}  // namespace sn::coordinator
