#include "common/model/service_node.h"

#include "common/base/digest.h"

namespace sn {

const NetworkAddress* ServiceNode::address_on_network_of(const IpAddress& peer) const {
  for (const auto& candidate : addresses) {
    if (candidate.contains(peer)) return &candidate;
  }
  return nullptr;
}

const ServiceNode* Directory::find(std::string_view name) const {
  for (const auto& node : service_nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

std::string Directory::digest() const {
  Digest digest;
  for (const auto& node : service_nodes) {
    digest.add(node.name).add(node.nim_master_id).add(node.node_names.size());
    for (const auto& name : node.node_names) digest.add(name);
    digest.add(node.addresses.size());
    for (const auto& address : node.addresses) digest.add(address.to_string());
    digest.add(node.services.size());
    for (const auto& service : node.services) digest.add(service.to_string());
  }
  for (const auto& server : external_nfs) {
    digest.add(server.name).add(server.addresses.size());
    for (const auto& address : server.addresses) digest.add(address.to_string());
  }
  for (const auto& shared : shared_paths) {
    digest.add("shared_path").add(shared.path).add(size_t{shared.same_data}).add(shared.marker);
  }
  return digest.short_hex();
}

}  // namespace sn
