#include "agent/executor/asking.h"

#include <utility>

#include "common/net/reactor.h"

namespace sn::agent {

std::vector<MachineSighting> ask_all(const std::vector<Ask>& asks, net::MachineProbes::Until until,
                                     uint32_t deadline_ms) {
  std::vector<MachineSighting> seen(asks.size());
  if (asks.empty()) return seen;
  net::Reactor reactor;
  size_t out = asks.size();
  net::RawSockets raw = net::RawSockets::open();
  raw.leave_open_until_exit();
  net::MachineProbes probes(reactor, std::move(raw),
                            [&](uint64_t id, const MachineSighting& sighting) {
                              seen[id] = sighting;
                              if (--out == 0) reactor.stop();
                            });
  for (size_t i = 0; i < asks.size(); ++i) {
    probes.start(i, {asks[i].address}, asks[i].services, until, deadline_ms, asks[i].domain_name);
  }
  // Its error leaves the sightings as they are: nothing was seen.
  (void)reactor.run();
  return seen;
}

}  // namespace sn::agent
