#include "coordinator/enrolment/hosts_file.h"

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

}  // namespace

void add_addresses_of_hosts(std::string_view hosts, Cluster& cluster) {
  std::map<std::string, std::set<IpAddress>> found;
  while (!hosts.empty()) {
    const size_t end = hosts.find('\n');
    const auto words = words_of(hosts.substr(0, end));
    hosts.remove_prefix(end == std::string_view::npos ? hosts.size() : end + 1);
    if (words.size() < 2) continue;
    const auto address = IpAddress::parse(words.front());
    // Some systems give their own name an address of 127/8.
    if (!address || address->is_loopback()) continue;
    for (size_t i = 1; i < words.size(); ++i) {
      const std::string whole(words[i]);
      for (const auto& name : {whole, whole.substr(0, whole.find('.'))}) {
        if (cluster.nodes.contains(name) && !cluster.node_addresses.contains(name)) {
          found[name].insert(*address);
        }
      }
    }
  }
  cluster.node_addresses.merge(found);
}

}  // namespace sn::coordinator
