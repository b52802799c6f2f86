// Any number of TcpProbes at once under one reactor, each told when it has ended: at its deadline
// at the latest, and never from within start(). Used and owned by the reactor's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/net/reactor.h"
#include "common/net/tcp_probe.h"

namespace sn::net {

class TcpProbes {
 public:
  // `id` is that of start(). May start others.
  using Ended = std::function<void(uint64_t id, bool alive, const std::string& evidence)>;

  // The reactor must outlive it.
  TcpProbes(Reactor& reactor, Ended ended) : reactor_(reactor), ended_(std::move(ended)) {}
  TcpProbes(const TcpProbes&) = delete;
  TcpProbes& operator=(const TcpProbes&) = delete;

  // An `id` that is under way already is not started again.
  void start(uint64_t id, const std::vector<IpAddress>& addresses,
             const std::vector<uint16_t>& ports, uint32_t deadline_ms);

 private:
  struct Running {
    TcpProbe probe;
    std::map<int, Reactor::Watch> watches;  // by fd; they end before the probe closes it
    Reactor::Alarm alarm;
  };
  void watch(uint64_t id, Running& running);
  void on_ready(uint64_t id, int fd);
  void on_time(uint64_t id);

  Reactor& reactor_;
  Ended ended_;
  std::map<uint64_t, Running> running_;
};

}  // namespace sn::net
