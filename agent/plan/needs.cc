#include "agent/plan/needs.h"

#include <algorithm>
#include <set>

#include "agent/leases/holder.h"
#include "agent/references/kind.h"
#include "common/model/server_state.h"

namespace sn::agent {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::set<ServicePort> log_targets(const Observation& observation, const IdentityIndex& identity,
                                  const std::vector<std::string>& service_nodes,
                                  const std::vector<std::string>& running) {
  std::set<ServicePort> targets;
  for (const auto& file : observation.files) {
    if (file.kind->daemon() != nullptr && !contains(running, file.kind->service())) continue;
    for (const auto& [host, service] : file.kind->asked_servers(file.path, file.text)) {
      const auto owner = identity.owner_of(host);
      if (owner && contains(service_nodes, owner->name)) targets.insert(service);
    }
  }
  return targets;
}

}  // namespace

bool logs_to(const Observation& observation, const IdentityIndex& identity,
             const std::vector<std::string>& service_nodes,
             const std::vector<std::string>& running) {
  return !log_targets(observation, identity, service_nodes, running).empty();
}

std::vector<ServicePort> needs_of(const Observation& observation, const wire::Inventory& inventory,
                                  const IdentityIndex& identity,
                                  const std::vector<std::string>& service_nodes,
                                  const std::vector<std::string>& running) {
  std::set<ServicePort> needs;
  for (const auto& reference : inventory.references) {
    if (reference.role != ReferenceRole::move || !contains(service_nodes, reference.owner))
      continue;
    if (const LeaseHolder* holder = lease_holder(reference.kind);
        holder != nullptr && !reference.place.starts_with('/')) {
      needs.insert(holder->asks());
      continue;
    }
    const FileKind* kind = kind_named(reference.kind);
    if (kind == nullptr) continue;
    const auto service = kind->asks_for(reference);
    if (service && (kind->daemon() == nullptr || contains(running, kind->service()))) {
      needs.insert(*service);
    }
  }
  const auto targets = log_targets(observation, identity, service_nodes, running);
  needs.insert(targets.begin(), targets.end());
  for (const auto& mount : inventory.mounts) {
    if (!contains(service_nodes, mount.owner)) continue;
    needs.insert({Transport::tcp, mount.port == 0 ? kNfsPort : static_cast<uint16_t>(mount.port)});
  }
  return {needs.begin(), needs.end()};
}

}  // namespace sn::agent
