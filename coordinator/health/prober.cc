#include "coordinator/health/prober.h"

namespace sn::coordinator {

Prober::Prober(net::Reactor& reactor, std::vector<uint16_t> ports, Told told)
    : ports_(std::move(ports)),
      probes_(reactor,
              [told = std::move(told)](uint64_t id, bool alive, const std::string& evidence) {
                told({id, alive, evidence});
              }) {}

void Prober::start(const Probe& probe) {
  std::vector<IpAddress> addresses;
  for (const auto& text : probe.addresses) {
    // Whatever is no address is left out: no name is ever resolved here.
    if (const auto address = IpAddress::parse(text)) addresses.push_back(*address);
  }
  probes_.start(probe.request, addresses, ports_, probe.deadline_ms);
}

}  // namespace sn::coordinator
