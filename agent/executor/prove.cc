#include "agent/executor/prove.h"

#include <algorithm>

#include "agent/routes/kernel_routes.h"
#include "common/net/machine_probes.h"

namespace sn::agent {

namespace {

// A live service node answers within a millisecond; a SYN lost once is sent again after a second.
constexpr uint32_t kProveMs = 1'500;
// A service answers within milliseconds; a second is what all questions of a rebind may take.
constexpr uint32_t kServicesMs = 1'000;

using Until = net::MachineProbes::Until;

MachineSighting look(const IpAddress& address, const std::vector<ServicePort>& services,
                     Until until, uint32_t deadline_ms) {
  net::Reactor reactor;
  MachineSighting seen;
  net::MachineProbes probes(reactor, net::RawSockets::open(),
                            [&](uint64_t, const MachineSighting& sighting) {
                              seen = sighting;
                              reactor.stop();
                            });
  probes.start(1, {address}, services, until, deadline_ms);
  // Its error leaves the sighting as it is: nothing was seen.
  (void)reactor.run();
  return seen;
}

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
    if (is_reached(look(address, target->services, Until::serves, kProveMs).life)) continue;
    if (neighbour_answers(address).value_or(false)) continue;
    return Finding{FindingClass::blocked, "",
                   Fact(FactCode::does_not_answer_here, {.to = to, .address = address.to_string()}),
                   Cure(CureCode::bring_target_back, {.to = to})};
  }
  return std::nullopt;
}

std::vector<ServicePort> find_silent_services(const std::vector<ServicePort>& services,
                                              const std::string& service_node,
                                              const Observation& observation,
                                              const RebindEnvironment& environment) {
  Move move;
  move.own_addresses = observation.own_addresses;
  const ServiceNode* known = environment.directory.find(service_node);
  if (known == nullptr || services.empty()) return {};
  const auto address = own_network_address(*known, move);
  if (!address) return {};
  std::vector<ServicePort> silent;
  for (const auto& [service, answer] :
       look(*address, services, Until::every_service, kServicesMs).services) {
    if (answer == ServiceAnswer::silent || answer == ServiceAnswer::refused) {
      silent.push_back(service);
    }
  }
  return silent;
}

}  // namespace sn::agent
