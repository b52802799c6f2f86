#include "coordinator/health/prober.h"

#include <utility>
#include <vector>

namespace sn::coordinator {

Prober::Prober(net::Reactor& reactor, net::RawSockets raw, Told told)
    : probes_(reactor, std::move(raw), std::move(told)) {}

void Prober::start(const Probe& probe) {
  std::vector<IpAddress> addresses;
  for (const auto& text : probe.addresses) {
    // Whatever is no address is left out: no name is ever resolved here.
    if (const auto address = IpAddress::parse(text)) addresses.push_back(*address);
  }
  probes_.start(probe.request, addresses, probe.services, net::MachineProbes::Until::serves,
                probe.deadline_ms);
}

}  // namespace sn::coordinator
