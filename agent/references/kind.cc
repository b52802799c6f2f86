#include "agent/references/kind.h"

namespace sn::agent {

Result<IpAddress> own_network_address(const ServiceNode& service_node, const Move& move) {
  std::string networks;
  for (const auto& own : move.own_addresses) {
    for (const auto& theirs : service_node.addresses) {
      if (theirs.same_network(own) || theirs.contains(own.address)) return theirs.address;
    }
    networks += (networks.empty() ? "" : ", ") + own.network();
  }
  return fail(ErrorClass::invalid_input, "choosing an address of", service_node.name,
              networks.empty() ? "the node's own network is not known"
                               : "it has none on the node's own network " + networks,
              "add one to cluster.toml, or choose another target with --to");
}

}  // namespace sn::agent
