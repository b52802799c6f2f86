#include "agent/plan/needs.h"

#include <algorithm>
#include <set>

#include "agent/references/kind.h"
#include "common/model/server_state.h"

namespace sn::agent {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

const FileKind* kind_of(const Reference& reference) {
  for (const auto& kind : all_file_kinds()) {
    if (kind->name() == reference.kind) return kind.get();
  }
  return nullptr;
}

}  // namespace

std::vector<ServicePort> needs_of(const wire::Inventory& inventory,
                                  const std::vector<std::string>& service_nodes,
                                  const std::vector<std::string>& running) {
  std::set<ServicePort> needs;
  for (const auto& reference : inventory.references) {
    if (reference.role != ReferenceRole::move || !contains(service_nodes, reference.owner))
      continue;
    const FileKind* kind = kind_of(reference);
    if (kind == nullptr) continue;
    const auto service = kind->asks();
    if (service && (kind->daemon() == nullptr || contains(running, kind->service()))) {
      needs.insert(*service);
    }
  }
  for (const auto& mount : inventory.mounts) {
    if (!contains(service_nodes, mount.owner)) continue;
    needs.insert({Transport::tcp, mount.port == 0 ? kNfsPort : static_cast<uint16_t>(mount.port)});
  }
  return {needs.begin(), needs.end()};
}

}  // namespace sn::agent
