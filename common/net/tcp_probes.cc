#include "common/net/tcp_probes.h"

#include <algorithm>
#include <utility>

namespace sn::net {

void TcpProbes::start(uint64_t id, const std::vector<IpAddress>& addresses,
                      const std::vector<uint16_t>& ports, uint32_t deadline_ms) {
  if (running_.contains(id)) return;
  const auto place =
      running_.emplace(id, Running{TcpProbe(addresses, ports, deadline_ms, reactor_.now()), {}, {}})
          .first;
  Running& running = place->second;
  running.alarm = reactor_.alarm([this, id] { on_time(id); });
  watch(id, running);
}

void TcpProbes::watch(uint64_t id, Running& running) {
  const std::vector<int> fds = running.probe.fds();
  std::erase_if(running.watches, [&](const auto& entry) {
    return std::find(fds.begin(), fds.end(), entry.first) == fds.end();
  });
  for (const int fd : fds) {
    if (running.watches.contains(fd)) continue;
    running.watches.emplace(fd, reactor_.on(fd, Reactor::writable,
                                            [this, id, fd](Reactor::Ready) { on_ready(id, fd); }));
  }
  // What is over at once is told in the next turn.
  running.alarm.set(running.probe.finished() ? MonotonicTime{0} : running.probe.deadline());
}

void TcpProbes::on_ready(uint64_t id, int fd) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  // The probe closes it, and the next connect may get the same number.
  found->second.watches.erase(fd);
  found->second.probe.on_ready(fd);
  watch(id, found->second);
}

void TcpProbes::on_time(uint64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second.probe.on_time(reactor_.now());
  if (!found->second.probe.finished()) return watch(id, found->second);
  const auto over = running_.extract(found);
  ended_(id, over.mapped().probe.alive(), over.mapped().probe.evidence());
}

}  // namespace sn::net
