// Is a machine alive, and which of its services answer? Any number of looks at once under one
// reactor, each told once: at its deadline at the latest, and never from within start().
//
// Each look asks everything at once: ICMP echo, ARP (always a request of our own, never the
// kernel's memory of an older answer), a TCP connect to each TCP port, a real request to each UDP
// port. What is answered by nothing but silence is asked three times, as one packet may be lost.
//
// A reset is a sign of life: only a running kernel sends one. An ICMP "unreachable" is one if it
// comes from the machine itself; a router in between sends it for a dead one. "No route to host" of
// a connect under way is believed only when it comes twice: the first may be the end of an older
// search for the neighbour, begun by others before the machine came up (NFS clients never stop
// asking for a dead server; the kernel gives all who wait the one answer).
//
// Used and owned by the reactor's thread. No name is ever resolved.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/model/address.h"
#include "common/model/life.h"
#include "common/net/raw_sockets.h"
#include "common/net/reactor.h"

namespace sn::net {

// Connects and requests of one look: eight services of eight addresses. What is beyond is not
// asked.
inline constexpr size_t kMaxQuestions = 64;

class MachineProbes {
 public:
  enum class Until : uint8_t {
    serves,         // the first service that answers ends it
    every_service,  // every service is wanted to be known
  };
  // `id` is that of start(). May start others.
  using Ended = std::function<void(uint64_t id, const MachineSighting& seen)>;

  // The reactor must outlive it.
  MachineProbes(Reactor& reactor, RawSockets raw, Ended ended);
  MachineProbes(const MachineProbes&) = delete;
  MachineProbes& operator=(const MachineProbes&) = delete;
  ~MachineProbes();

  // `addresses`: of one machine. `domain_name`: as request_for(). An `id` that is under way already
  // is not started again.
  void start(uint64_t id, const std::vector<IpAddress>& addresses,
             const std::vector<ServicePort>& services, Until until, uint32_t deadline_ms,
             const std::string& domain_name = {});

  // As RawSockets::missing().
  [[nodiscard]] std::string missing() const { return raw_.missing(); }

 private:
  class Look;

  void follow(Look& look);
  void hear_raw();
  void end(uint64_t id);

  Reactor& reactor_;
  RawSockets raw_;
  Ended ended_;
  std::map<uint64_t, std::unique_ptr<Look>> looks_;
  std::vector<Reactor::Watch> raw_watches_;  // while there are looks
  uint16_t last_number_ = 0;                 // of echo and UDP requests
};

}  // namespace sn::net
