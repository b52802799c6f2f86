// The servers a node may refer to, as the administrator declared them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/address.h"
#include "common/model/service_port.h"
#include "common/model/shared_path.h"

namespace sn {

// A service node (SN): one box under several names, as the management node and the nodes on each of
// its networks know it.
struct ServiceNode {
  std::string name;                       // as the management node knows it: "SN1P"
  std::vector<std::string> node_names;    // as the nodes know it, short and full
  std::vector<NetworkAddress> addresses;  // as the nodes see it, one a network
  std::string nim_master_id;              // `uname -m` form, 12 hex digits; empty: not known
  // Where it is asked whether it lives: one that answers is enough.
  std::vector<ServicePort> services = usual_services();

  // The address on the network that `peer` lies in, or nullptr.
  [[nodiscard]] const NetworkAddress* address_on_network_of(const IpAddress& peer) const;

  bool operator==(const ServiceNode&) const = default;
};

// The external NFS server. Never re-pointed, whatever else it is listed as.
struct ExternalNfs {
  std::string name;
  std::vector<NetworkAddress> addresses;
  bool operator==(const ExternalNfs&) const = default;
};

// Every lawful server. The coordinator reads it from its cluster.toml, the executor from the
// root-owned copy in the image; nothing on the network can add to the latter.
struct Directory {
  std::vector<ServiceNode> service_nodes;
  std::vector<ExternalNfs> external_nfs;
  std::vector<SharedPath> shared_paths;

  [[nodiscard]] const ServiceNode* find(std::string_view name) const;  // exact name or nullptr
  // A short digest of everything above, for telling two copies apart ("8c1f0a…", 16 hex digits).
  [[nodiscard]] std::string digest() const;

  bool operator==(const Directory&) const = default;
};

}  // namespace sn
