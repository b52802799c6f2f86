#include "coordinator/health/pinger.h"

#include <algorithm>
#include <utility>

namespace sn::coordinator {

namespace {

// Whatever a server says to it, also that it does not serve this version, is an answer.
constexpr uint32_t kAskedVersion = 3;

}  // namespace

void Pinger::start(const Ping& ping, MonotonicTime now) {
  const auto address = IpAddress::parse(ping.address);
  if (!address) {
    unasked_.push_back({ping.request, false, "'" + ping.address + "' is no address"});
    return;
  }
  running_.emplace(ping.request,
                   net::NfsPing(*address, ping.port, kAskedVersion,
                                static_cast<uint32_t>(ping.request), ping.deadline_ms, now));
}

std::vector<Pinger::Wanted> Pinger::fds() const {
  std::vector<Wanted> all;
  for (const auto& [request, ping] : running_) {
    if (!ping.finished()) all.push_back({ping.fd(), ping.wants_write()});
  }
  return all;
}

void Pinger::on_ready(int fd) {
  for (auto& [request, ping] : running_) {
    if (!ping.finished() && ping.fd() == fd) ping.on_ready();
  }
}

std::vector<PingAnswer> Pinger::take_finished(MonotonicTime now) {
  std::vector<PingAnswer> answers = std::exchange(unasked_, {});
  for (auto& [request, ping] : running_) {
    ping.on_time(now);
    if (ping.finished()) answers.push_back({request, ping.answered(), ping.evidence()});
  }
  for (const auto& answer : answers) running_.erase(answer.request);
  return answers;
}

MonotonicTime Pinger::next_deadline(MonotonicTime otherwise) const {
  if (!unasked_.empty()) return {0};
  MonotonicTime next = otherwise;
  for (const auto& [request, ping] : running_) {
    next = std::min(next, ping.finished() ? MonotonicTime{0} : ping.deadline());
  }
  return next;
}

}  // namespace sn::coordinator
