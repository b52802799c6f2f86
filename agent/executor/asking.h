// Questions to other machines, and to this one's own name server, all at once and within a
// deadline. Blocks until it is over; no name is resolved. What is asked and what an answer is
// worth: common/net/machine_probes.h, service_requests.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/address.h"
#include "common/model/life.h"
#include "common/net/machine_probes.h"

namespace sn::agent {

// What all questions of a rebind may take. A service answers within milliseconds; each is asked
// three times.
inline constexpr uint32_t kAskingMs = 1'000;

struct Ask {
  IpAddress address;
  std::vector<ServicePort> services;
  std::string domain_name;  // what a name server is asked for; empty: the root
};

// What each of them found, in their order.
[[nodiscard]] std::vector<MachineSighting> ask_all(const std::vector<Ask>& asks,
                                                   net::MachineProbes::Until until,
                                                   uint32_t deadline_ms);

}  // namespace sn::agent
