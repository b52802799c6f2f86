// Any number of NfsPings at once under one reactor, each told when it has ended: at its deadline at
// the latest, and never from within start(). Used and owned by the reactor's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "common/net/nfs_ping.h"
#include "common/net/reactor.h"

namespace sn::net {

class NfsPings {
 public:
  // `id` is that of start(). May start others.
  using Ended = std::function<void(uint64_t id, const NfsPing& ping)>;

  // The reactor must outlive it.
  NfsPings(Reactor& reactor, Ended ended) : reactor_(reactor), ended_(std::move(ended)) {}
  NfsPings(const NfsPings&) = delete;
  NfsPings& operator=(const NfsPings&) = delete;

  // An `id` that is under way already is not started again. `version` and `xid`: see NfsPing.
  void start(uint64_t id, const IpAddress& address, uint16_t port, uint32_t version, uint32_t xid,
             uint32_t deadline_ms);

 private:
  struct Running {
    NfsPing ping;
    Reactor::Watch watch;  // ends before the ping closes its fd
    Reactor::Alarm alarm;
  };
  void on_ready(uint64_t id);
  void on_time(uint64_t id);
  static void follow(Running& running);

  Reactor& reactor_;
  Ended ended_;
  std::map<uint64_t, Running> running_;
};

}  // namespace sn::net
