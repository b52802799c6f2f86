#include "agent/executor/prove.h"

#include <algorithm>

#include "agent/executor/name_path.h"
#include "agent/routes/kernel_routes.h"

namespace sn::agent {

namespace {

// A live service node answers within a millisecond; a SYN lost once is sent again after a second.
constexpr uint32_t kProveMs = 1'500;
using Until = net::MachineProbes::Until;

}  // namespace

std::optional<Finding> find_silent_target(const Plan& plan, const Observation& observation,
                                          const RebindEnvironment& environment) {
  const std::string& to = plan.move.to;
  Move move = plan.move;
  move.own_addresses = observation.own_addresses;
  const ServiceNode* target = environment.directory.find(to);
  std::vector<IpAddress> addresses = plan.gateways;
  const auto own = own_network_address(*target, move);
  if (own && std::find(addresses.begin(), addresses.end(), *own) == addresses.end()) {
    addresses.push_back(*own);
  }
  if (addresses.empty()) {
    return Finding{FindingClass::blocked, "", own.error().why, own.error().cure};
  }
  for (const auto& address : addresses) {
    // A gateway may let nothing in and still forward: the kernel's own search for it decides then.
    const auto seen = ask_all({{address, target->services, {}}}, Until::serves, kProveMs);
    if (is_reached(seen.front().life)) continue;
    if (neighbour_answers(address).value_or(false)) continue;
    return Finding{FindingClass::blocked, "",
                   Fact(FactCode::does_not_answer_here, {.to = to, .address = address.to_string()}),
                   Cure(CureCode::bring_target_back, {.to = to})};
  }
  return std::nullopt;
}

std::optional<Ask> ask_for(const std::vector<ServicePort>& services,
                           const std::string& service_node, const Observation& observation,
                           const RebindEnvironment& environment) {
  Move move;
  move.own_addresses = observation.own_addresses;
  const ServiceNode* known = environment.directory.find(service_node);
  if (known == nullptr || services.empty()) return std::nullopt;
  const auto address = own_network_address(*known, move);
  if (!address) return std::nullopt;
  return Ask{*address, services, asked_name(observation, *known)};
}

}  // namespace sn::agent
