#include "coordinator/enrolment/hosts_file.h"

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/identity.h"

namespace sn::coordinator {

namespace {

// As the inventory: 100,000 nodes on lines of their own are less.
constexpr size_t kMostHosts = 16 * 1024 * 1024;

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
  const IdentityIndex servers(cluster.directory);
  std::map<std::string, std::set<IpAddress>> found;
  for (const auto& [address, nodes] : nodes_at) {
    if (nodes.size() > 1 || servers.owner_of(address)) continue;
    const std::string& node = *nodes.begin();
    if (!cluster.node_addresses.contains(node)) found[node].insert(address);
  }
  cluster.node_addresses.merge(found);
}

void add_addresses_of_hosts_file(const std::string& path, Cluster& cluster) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostHosts, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  add_addresses_of_hosts(text, cluster);
}

}  // namespace sn::coordinator
