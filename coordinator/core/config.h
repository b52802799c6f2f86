// What the core is told at its start about time and itself.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "coordinator/core/knock.h"

namespace sn::coordinator {

struct Config {
  uint32_t beat_interval_ms = 30'000;
  // How long a preflight waits for the probes (1 s on nodes and here) and the plans (some 50 ms). A
  // node whose way to us died with its service node is waited for in vain: it shows as silent.
  uint32_t probe_ms = 1'000;
  uint32_t preflight_ms = 2'500;
  // A rehearsal waits for mounts, too: some 0.5 s each, and a node gives it up after 30 s.
  uint32_t rehearsal_ms = 40'000;
  // A Rebind that has not ended is said again after this; saying it twice is safe.
  uint32_t resend_ms = 5'000;
  std::set<EnrolBy> enrolment = {EnrolBy::address, EnrolBy::manual};
  bool knows_power = false;    // AskPower is answered
  std::string feed_epoch;      // random, chosen by the shell
  bool feed_over_tcp = false;  // and so for keys only
};

}  // namespace sn::coordinator
