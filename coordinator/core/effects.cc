#include "coordinator/core/effects.h"

#include <utility>

namespace sn::coordinator {

Probe look_at(uint64_t request, const ServiceNode& service_node, uint32_t deadline_ms) {
  std::vector<std::string> addresses;
  for (const auto& address : service_node.addresses) {
    addresses.push_back(address.address.to_string());
  }
  return {request, service_node.name, std::move(addresses), service_node.services, deadline_ms};
}

}  // namespace sn::coordinator
