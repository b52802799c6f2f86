#include "coordinator/link/connections.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sn::coordinator {

void Connections::accepted(int descriptor, MonotonicTime now) {
  closed(descriptor);  // its number was another's, whose end was not said
  auto peer = sight_.peer(descriptor);
  if (!peer) return;  // gone already
  const IpAddress address = peer->address;
  const bool many_nodes = forwarders_.contains(address) || address == peer->own_address;
  Connection& connection = connections_[descriptor];
  connection.peer = *peer;
  connection.number = ++last_number_;
  connection.begun = now;
  strangers_[connection.number] = descriptor;
  strangers_of_[address].insert(connection.number);
  if (strangers_of_[address].size() > kMostStrangersOfAddress && !many_nodes) {
    end_waited_for(address);
  }
  if (strangers_.size() > kMostStrangers || connections_.size() > most_) {
    end_oldest_of_most();
  }
}

void Connections::closed(int descriptor) {
  const auto at = connections_.find(descriptor);
  if (at == connections_.end()) return;
  no_stranger(at->second);
  if (const auto of = of_key_.find(at->second.key); of != of_key_.end()) {
    std::erase(of->second, descriptor);
    if (of->second.empty()) of_key_.erase(of);
  }
  connections_.erase(at);
}

bool Connections::heard(int descriptor, const std::string& key) {
  const auto at = connections_.find(descriptor);
  if (at == connections_.end()) return false;
  Connection& connection = at->second;
  connection.heard = true;
  if (connection.ended || !connection.key.empty()) return true;
  no_stranger(connection);
  connection.key = key;
  auto& all = of_key_[key];
  all.push_back(descriptor);
  if (all.size() > kMostConnectionsOfKey) {
    const int oldest = all.front();
    all.pop_front();
    end(oldest, Cause::of_key);
  }
  return true;
}

void Connections::look(MonotonicTime now) {
  look_at_strangers(now);
  const uint64_t memory = sight_.memory();
  const bool grows = memory > memory_ + kMostGrowth;
  if (grows) looked_ = -1;
  look_at_share(grows ? connections_.size() + 1 : connections_.size() / kLooksOfRound + 1);
  if (looked_ == -1) memory_ = memory;
}

void Connections::look_at_strangers(MonotonicTime now) {
  std::vector<int> silent, gone;
  size_t looks = 0;
  for (const auto& [number, descriptor] : strangers_) {
    const Connection& connection = connections_.at(descriptor);
    const int64_t age_ms = now - connection.begun;
    if (age_ms < kMostSilence_ms || ++looks > kMostLooks) break;
    const auto waited_ms = kept_waiting_ms(descriptor);
    if (!waited_ms) {
      gone.push_back(descriptor);
      continue;
    }
    if (age_ms >= kMostStrange_ms || *waited_ms >= kMostSilence_ms) {
      silent.push_back(descriptor);
    }
  }
  for (const int descriptor : gone) closed(descriptor);
  for (const int descriptor : silent) end(descriptor, Cause::silent);
}

// How long it has been its turn; 0: it is ours.
std::optional<int64_t> Connections::kept_waiting_ms(int descriptor) const {
  const auto progress = sight_.progress(descriptor);
  if (!progress) return std::nullopt;
  const bool our_turn = progress->unread || progress->received >= kHandshakeBytes;
  return our_turn ? 0 : std::min(progress->heard_ms, progress->said_ms);
}

void Connections::look_at_share(size_t count) {
  std::vector<int> endless;
  auto at = connections_.upper_bound(looked_);
  for (; count > 0; --count, ++at) {
    if (at == connections_.end()) {
      looked_ = -1;
      break;
    }
    looked_ = at->first;
    Connection& connection = at->second;
    if (connection.ended) continue;
    const auto progress = sight_.progress(at->first);
    if (!progress) continue;  // its end is about to be said
    if (std::exchange(connection.heard, false)) connection.received = progress->received;
    const uint64_t most = connection.key.empty() ? kMostUnfinishedOfStranger : kMostUnfinished;
    if (progress->received > connection.received + most) endless.push_back(at->first);
  }
  for (const int descriptor : endless) end(descriptor, Cause::endless);
}

void Connections::end(int descriptor, Cause cause) {
  Connection& connection = connections_.at(descriptor);
  if (connection.ended) return;
  no_stranger(connection);
  connection.ended = true;
  ++ended_.counts[cause];
  ended_.last = connection.peer.address;
  // The number may be somebody else's since.
  if (sight_.peer(descriptor) == connection.peer) sight_.end(descriptor);
}

void Connections::end_waited_for(const IpAddress& address) {
  for (const uint64_t number : strangers_of_.at(address)) {
    const int descriptor = strangers_.at(number);
    if (kept_waiting_ms(descriptor).value_or(0) < kPatience_ms) continue;
    return end(descriptor, Cause::too_many);
  }
}

void Connections::end_oldest_of_most() {
  const auto most = std::max_element(
      strangers_of_.begin(), strangers_of_.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  if (most != strangers_of_.end()) end(strangers_.at(*most->second.begin()), Cause::too_many);
}

void Connections::no_stranger(const Connection& connection) {
  if (strangers_.erase(connection.number) == 0) return;
  const auto of = strangers_of_.find(connection.peer.address);
  of->second.erase(connection.number);
  if (of->second.empty()) strangers_of_.erase(of);
}

}  // namespace sn::coordinator
