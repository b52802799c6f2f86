#include "coordinator/health/pinger.h"

#include <utility>

namespace sn::coordinator {

namespace {

// Whatever a server says to it, also that it does not serve this version, is an answer.
constexpr uint32_t kAskedVersion = 3;

}  // namespace

Pinger::Pinger(net::Reactor& reactor, Told told)
    : told_(std::move(told)),
      pings_(reactor,
             [this](uint64_t id, const net::NfsPing& ping) {
               told_({id, ping.answered(), ping.evidence()});
             }),
      unasked_alarm_(reactor.alarm([this] { tell_unasked(); })) {}

void Pinger::start(const Ping& ping) {
  const auto address = IpAddress::parse(ping.address);
  if (!address) {
    unasked_.push_back({ping.request, false, "'" + ping.address + "' is no address"});
    unasked_alarm_.set({0});
    return;
  }
  pings_.start(ping.request, *address, ping.port, kAskedVersion,
               static_cast<uint32_t>(ping.request), ping.deadline_ms);
}

void Pinger::tell_unasked() {
  for (const auto& answer : std::exchange(unasked_, {})) told_(answer);
}

}  // namespace sn::coordinator
