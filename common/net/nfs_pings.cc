#include "common/net/nfs_pings.h"

#include <utility>

namespace sn::net {

void NfsPings::start(uint64_t id, const IpAddress& address, uint16_t port, uint32_t version,
                     uint32_t xid, uint32_t deadline_ms) {
  if (running_.contains(id)) return;
  NfsPing ping(address, port, version, xid, deadline_ms, reactor_.now());
  Running& running = running_.emplace(id, Running{std::move(ping), {}, {}}).first->second;
  running.alarm = reactor_.alarm([this, id] { on_time(id); });
  if (!running.ping.finished()) {
    running.watch = reactor_.on(running.ping.fd(), Reactor::paused,
                                [this, id](Reactor::Ready) { on_ready(id); });
  }
  follow(running);
}

void NfsPings::follow(Running& running) {
  if (running.ping.finished()) {
    running.watch.reset();
    // What is over at once is told in the next turn.
    running.alarm.set({0});
    return;
  }
  running.watch.wants(running.ping.wants_write() ? Reactor::writable : Reactor::readable);
  running.alarm.set(running.ping.deadline());
}

void NfsPings::on_ready(uint64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second.ping.on_ready();
  follow(found->second);
}

void NfsPings::on_time(uint64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second.ping.on_time(reactor_.now());
  if (!found->second.ping.finished()) return follow(found->second);
  const auto over = running_.extract(found);
  ended_(id, over.mapped().ping);
}

}  // namespace sn::net
