#include "agent/executor/prove.h"

#include <poll.h>

#include <algorithm>

#include "agent/routes/kernel_routes.h"
#include "common/base/clock.h"
#include "common/net/tcp_probe.h"

namespace sn::agent {

namespace {

// A live service node answers within a millisecond; a SYN lost once is sent again after a second.
constexpr uint32_t kProveMs = 1'500;

// A connection, a reset or a confirmed neighbour: somebody is there.
Result<std::string> prove(const IpAddress& address, const std::vector<uint16_t>& ports) {
  net::TcpProbe probe({address}, ports, kProveMs, monotonic_now());
  while (!probe.finished()) {
    std::vector<pollfd> waits;
    for (const int fd : probe.fds()) waits.push_back({fd, POLLOUT, 0});
    const int64_t left = probe.deadline() - monotonic_now();
    poll(waits.data(), waits.size(), static_cast<int>(std::max<int64_t>(left, 0)));
    for (const auto& wait : waits) {
      if (wait.revents != 0) probe.on_ready(wait.fd);
    }
    probe.on_time(monotonic_now());
  }
  if (probe.alive()) return probe.evidence();
  const auto neighbour = neighbour_answers(address);
  if (neighbour && *neighbour) return address.to_string() + " answers ARP, no port does";
  return fail(ErrorClass::unreachable, "reaching", address.to_string(), probe.evidence());
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
    if (prove(address, environment.probe_ports)) continue;
    return Finding{FindingClass::blocked, "",
                   Fact(FactCode::does_not_answer_here, {.to = to, .address = address.to_string()}),
                   Cure(CureCode::bring_target_back, {.to = to})};
  }
  return std::nullopt;
}

}  // namespace sn::agent
