// Carries out the core's Ping effects: how this machine sees an NFS server. Any number at once; the
// sockets join the daemon's poll.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/net/nfs_ping.h"
#include "coordinator/core/core.h"

namespace sn::coordinator {

struct PingAnswer {
  uint64_t request = 0;
  bool answered = false;
  std::string evidence;
};

class Pinger {
 public:
  struct Wanted {
    int fd = -1;
    bool write = false;  // else it is waited for to be read
  };

  void start(const Ping& ping, MonotonicTime now);
  [[nodiscard]] std::vector<Wanted> fds() const;
  void on_ready(int fd);
  // Also ends what is past its deadline.
  [[nodiscard]] std::vector<PingAnswer> take_finished(MonotonicTime now);
  // When take_finished() has something at the latest; `otherwise` if nothing is under way.
  [[nodiscard]] MonotonicTime next_deadline(MonotonicTime otherwise) const;

 private:
  std::map<uint64_t, net::NfsPing> running_;
  std::vector<PingAnswer> unasked_;  // could not even be begun
};

}  // namespace sn::coordinator
