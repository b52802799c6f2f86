// Carries out the core's Probe effects: how this machine sees a service node, by TCP. Any number
// at once; the sockets join the daemon's poll.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/net/tcp_probe.h"
#include "coordinator/core/core.h"

namespace sn::coordinator {

struct ProbeResult {
  uint64_t request = 0;
  bool alive = false;
  std::string evidence;
};

class Prober {
 public:
  explicit Prober(std::vector<uint16_t> ports) : ports_(std::move(ports)) {}

  void start(const Probe& probe, MonotonicTime now);
  [[nodiscard]] std::vector<int> fds() const;  // to be polled for writing
  void on_ready(int fd);
  // Also ends what is past its deadline.
  [[nodiscard]] std::vector<ProbeResult> take_finished(MonotonicTime now);
  // When take_finished() has something at the latest; `otherwise` if nothing is under way.
  [[nodiscard]] MonotonicTime next_deadline(MonotonicTime otherwise) const;

 private:
  std::vector<uint16_t> ports_;
  std::map<uint64_t, net::TcpProbe> running_;
};

}  // namespace sn::coordinator
