// Is a machine alive? Non-blocking TCP connects to several ports of its numeric addresses at once.
//
// A connection or a reset is life: only a running kernel sends one. Anything else is silence, an
// ICMP "unreachable" too: a router in between sends that for a dead host. Several ports, because a
// firewall may drop some and a single lost SYN is only sent again after a second. "No route to
// host" of a connect under way is believed only when it comes twice: the first may be the end of an
// older search for the neighbour, begun by others before the machine came up (NFS clients never
// stop asking for a dead server; the kernel gives all who wait the one answer).
//
// One thread owns a probe; its fds join that thread's poll. No name is ever resolved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/model/address.h"

namespace sn::net {

// The ports a service node of xCAT or NIM usually has something on.
inline const std::vector<uint16_t> kDefaultProbePorts = {22, 53, 80, 111, 514, 2049, 3001, 3002};
// Connects of one probe: eight ports of eight addresses. What is beyond it is not tried.
inline constexpr size_t kMaxProbeConnects = 64;

class TcpProbe {
 public:
  TcpProbe(const std::vector<IpAddress>& addresses, const std::vector<uint16_t>& ports,
           uint32_t deadline_ms, MonotonicTime now);

  // Poll these for writing; empty once finished().
  [[nodiscard]] std::vector<int> fds() const;
  // One of fds() became ready or failed; other fds are ignored.
  void on_ready(int fd);
  void on_time(MonotonicTime now);
  // on_time() must be called by then.
  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }

  [[nodiscard]] bool finished() const { return finished_; }
  // Valid once finished.
  [[nodiscard]] bool alive() const { return alive_; }
  // "10.1.1.100:22 connected", "10.1.1.100:22 refused", "silent on 8 ports for 1000 ms",
  // "10.1.1.100:22: Network is unreachable" (no connect got as far as waiting).
  [[nodiscard]] const std::string& evidence() const { return evidence_; }

 private:
  struct Attempt {
    UniqueFd fd;
    IpAddress address;
    uint16_t port = 0;
    bool again = false;  // was told "no route to host" once
  };
  void begin(const IpAddress& address, uint16_t port, bool again);
  // Takes the outcome of one connect: 0 or an errno.
  void judge(int fd, const std::string& target, int os_errno);
  void finish(bool alive, std::string evidence);

  std::vector<Attempt> waiting_;
  MonotonicTime deadline_;
  uint32_t deadline_ms_;
  size_t port_count_;
  std::string last_failure_;
  bool finished_ = false;
  bool alive_ = false;
  std::string evidence_;
};

}  // namespace sn::net
