#include "coordinator/link/connections.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace sn::coordinator {

namespace {

// Whose hosts one hand may hold: its first 24 bits, of IPv6 64.
IpAddress network_of(const IpAddress& address) {
  std::array<uint8_t, 16> bytes{};
  std::copy_n(address.data(), address.is_v4() ? 3 : 8, bytes.begin());
  return *IpAddress::from_bytes(bytes.data(), address.size());
}

}  // namespace

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
  strangers_in_[network_of(address)].insert(connection.number);
  if (!many_nodes && !may_begin(address, now)) return end(descriptor, Cause::too_many);
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
  forget_node(descriptor, at->second);
  connections_.erase(at);
}

void Connections::forget_node(int descriptor, Connection& connection) {
  const auto of = of_node_.find(connection.node);
  if (of == of_node_.end()) return;
  std::erase(of->second, descriptor);
  if (of->second.empty()) of_node_.erase(of);
}

bool Connections::may_begin(const IpAddress& address, MonotonicTime now) {
  if (begun_.size() >= kMostCounted && !begun_.contains(address)) {
    std::erase_if(begun_, [&](const auto& entry) {
      return entry.second.left_at(now, kBegunBurst, kBegunPerSecond) >
             kBegunBurst - kBegunPerSecond;
    });
  }
  return begun_.try_emplace(address, Bucket{kBegunBurst, now})
      .first->second.take(now, kBegunBurst, kBegunPerSecond);
}

Connections::Heard Connections::heard(int descriptor, const std::string& node,
                                      const IpAddress& from) {
  const auto at = connections_.find(descriptor);
  if (at == connections_.end() || at->second.peer.address != from) return Heard::unknown;
  Connection& connection = at->second;
  connection.heard = true;
  if (connection.ended || connection.node == node) return Heard::again;
  // Of another node: what came before was of one behind the same forwarder that had the number.
  forget_node(descriptor, connection);
  no_stranger(connection);
  connection.node = node;
  auto& all = of_node_[node];
  all.push_back(descriptor);
  if (all.size() > kMostConnectionsOfNode) end(all.front(), Cause::of_node);
  return Heard::first;
}

bool Connections::all_heard(int64_t since_ms, MonotonicTime now) const {
  return std::none_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second.node.empty() && now - entry.second.begun >= since_ms;
  });
}

void Connections::end_all_of(const std::string& node) {
  const auto of = of_node_.find(node);
  if (of == of_node_.end()) return;
  for (const int descriptor : std::deque<int>(of->second)) end(descriptor, Cause::retired);
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
  auto at = strangers_.upper_bound(looked_at_stranger_);
  for (size_t looks = 0; looks < kMostLooks; ++looks, ++at) {
    const int64_t age_ms = at == strangers_.end() ? 0 : now - connections_.at(at->second).begun;
    if (age_ms < kMostSilence_ms) {  // and those behind it are younger
      looked_at_stranger_ = 0;
      break;
    }
    looked_at_stranger_ = at->first;
    const int descriptor = at->second;
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
    const uint64_t most = connection.node.empty() ? kMostUnfinishedOfStranger : kMostUnfinished;
    if (progress->received > connection.received + most) endless.push_back(at->first);
  }
  for (const int descriptor : endless) end(descriptor, Cause::endless);
}

void Connections::end(int descriptor, Cause cause) {
  Connection& connection = connections_.at(descriptor);
  if (connection.ended) return;
  no_stranger(connection);
  forget_node(descriptor, connection);
  connection.ended = true;
  // The number may be somebody else's since.
  if (sight_.peer(descriptor) != connection.peer) return;
  ++ended_.counts[cause];
  ended_.last = connection.peer.address;
  sight_.end(descriptor);
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
      strangers_in_.begin(), strangers_in_.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  if (most == strangers_in_.end()) return;
  // There, of the address with the most; where all have as many, the oldest of all.
  const std::set<uint64_t>* of = nullptr;
  for (const auto& [address, numbers] : strangers_of_) {
    if (network_of(address) != most->first) continue;
    if (of == nullptr || numbers.size() > of->size() ||
        (numbers.size() == of->size() && *numbers.begin() < *of->begin())) {
      of = &numbers;
    }
  }
  end(strangers_.at(*of->begin()), Cause::too_many);
}

void Connections::no_stranger(const Connection& connection) {
  if (strangers_.erase(connection.number) == 0) return;
  const auto forget = [&connection](auto& strangers, const IpAddress& whose) {
    const auto of = strangers.find(whose);
    of->second.erase(connection.number);
    if (of->second.empty()) strangers.erase(of);
  };
  forget(strangers_of_, connection.peer.address);
  forget(strangers_in_, network_of(connection.peer.address));
}

}  // namespace sn::coordinator
