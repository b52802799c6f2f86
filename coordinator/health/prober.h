// Carries out the core's Probe effects: how this machine sees a service node, by TCP. Any number
// at once, under the daemon's reactor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/net/tcp_probes.h"
#include "coordinator/core/core.h"

namespace sn::coordinator {

struct ProbeResult {
  uint64_t request = 0;
  bool alive = false;
  std::string evidence;
};

class Prober {
 public:
  // Each start() is told once, by its deadline, and never from within start().
  using Told = std::function<void(const ProbeResult&)>;

  Prober(net::Reactor& reactor, std::vector<uint16_t> ports, Told told);

  void start(const Probe& probe);

 private:
  std::vector<uint16_t> ports_;
  net::TcpProbes probes_;
};

}  // namespace sn::coordinator
