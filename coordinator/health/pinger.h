// Carries out the core's Ping effects: how this machine sees an NFS server. Any number at once,
// under the daemon's reactor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/net/nfs_pings.h"
#include "coordinator/core/core.h"

namespace sn::coordinator {

struct PingAnswer {
  uint64_t request = 0;
  bool answered = false;
  std::string evidence;
};

class Pinger {
 public:
  // Each start() is told once, by its deadline, and never from within start().
  using Told = std::function<void(const PingAnswer&)>;

  Pinger(net::Reactor& reactor, Told told);

  void start(const Ping& ping);

 private:
  void tell_unasked();

  Told told_;
  net::NfsPings pings_;
  std::vector<PingAnswer> unasked_;  // could not even be begun
  net::Reactor::Alarm unasked_alarm_;
};

}  // namespace sn::coordinator
