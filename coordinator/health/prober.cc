#include "coordinator/health/prober.h"

#include <algorithm>

namespace sn::coordinator {

void Prober::start(const Probe& probe, MonotonicTime now) {
  std::vector<IpAddress> addresses;
  for (const auto& text : probe.addresses) {
    // Whatever is no address is left out: no name is ever resolved here.
    if (const auto address = IpAddress::parse(text)) addresses.push_back(*address);
  }
  running_.emplace(probe.request, net::TcpProbe(addresses, ports_, probe.deadline_ms, now));
}

std::vector<int> Prober::fds() const {
  std::vector<int> all;
  for (const auto& [request, probe] : running_) {
    const auto some = probe.fds();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

void Prober::on_ready(int fd) {
  for (auto& [request, probe] : running_) probe.on_ready(fd);
}

std::vector<ProbeResult> Prober::take_finished(MonotonicTime now) {
  std::vector<ProbeResult> results;
  for (auto& [request, probe] : running_) {
    probe.on_time(now);
    if (probe.finished()) results.push_back({request, probe.alive(), probe.evidence()});
  }
  for (const auto& result : results) running_.erase(result.request);
  return results;
}

MonotonicTime Prober::next_deadline(MonotonicTime otherwise) const {
  MonotonicTime next = otherwise;
  for (const auto& [request, probe] : running_) {
    next = std::min(next, probe.finished() ? MonotonicTime{0} : probe.deadline());
  }
  return next;
}

}  // namespace sn::coordinator
