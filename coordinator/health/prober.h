// Carries out the core's Probe effects: how this machine sees a service node. Any number at once,
// under the daemon's reactor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/net/machine_probes.h"
#include "coordinator/core/core.h"

namespace sn::coordinator {

class Prober {
 public:
  // Each start() is told once, by its deadline, and never from within start().
  using Told = std::function<void(uint64_t request, const MachineSighting& seen)>;

  Prober(net::Reactor& reactor, net::RawSockets raw, Told told);

  void start(const Probe& probe);

  // As net::RawSockets::missing().
  [[nodiscard]] std::string missing() const { return probes_.missing(); }

 private:
  net::MachineProbes probes_;
};

}  // namespace sn::coordinator
