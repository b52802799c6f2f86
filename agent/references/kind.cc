#include "agent/references/kind.h"

#include <algorithm>

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
              networks.empty() ? Fact(FactCode::own_network_unknown)
                               : Fact(FactCode::none_on_own_network, {.value = networks}),
              Cure(CureCode::add_address));
}

std::vector<Include> FileKind::roots() const {
  std::vector<Include> roots;
  for (auto& path : paths()) roots.push_back({.patterns = {std::move(path)}});
  return roots;
}

const Daemon* daemon_of_service(std::string_view service) {
  for (const auto& kind : all_file_kinds()) {
    const Daemon* daemon = kind->daemon();
    if (daemon != nullptr && daemon->service() == service) return daemon;
  }
  return nullptr;
}

const Daemon* daemon_of_process(std::string_view process_name) {
  for (const auto& kind : all_file_kinds()) {
    const Daemon* daemon = kind->daemon();
    if (daemon == nullptr) continue;
    const auto& names = daemon->process_names();
    if (std::find(names.begin(), names.end(), process_name) != names.end()) return daemon;
  }
  return nullptr;
}

}  // namespace sn::agent
