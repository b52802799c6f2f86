#include "coordinator/feed/subscribers.h"

#include <algorithm>

namespace sn::coordinator {

void Subscribers::end(int descriptor, Connection& connection) {
  if (connection.ended) return;
  connection.ended = true;
  ++ended_;
  sight_.end(descriptor);
}

size_t Subscribers::count_of(const std::function<bool(const Connection&)>& is_one) const {
  return static_cast<size_t>(std::count_if(
      connections_.begin(), connections_.end(),
      [&](const auto& entry) { return !entry.second.ended && is_one(entry.second); }));
}

void Subscribers::accepted(int descriptor, MonotonicTime now) {
  connections_[descriptor] = {.number = ++last_number_, .begun = now, .moved = now};
  const auto is_stranger = [](const Connection& one) { return one.who.empty(); };
  if (count_of(is_stranger) <= kMostFeedStrangers) return;
  auto oldest = connections_.end();
  for (auto one = connections_.begin(); one != connections_.end(); ++one) {
    if (one->second.ended || !is_stranger(one->second)) continue;
    if (oldest == connections_.end() || one->second.number < oldest->second.number) oldest = one;
  }
  end(oldest->first, oldest->second);
}

void Subscribers::heard(int descriptor, const std::string& who) {
  const auto found = connections_.find(descriptor);
  if (found == connections_.end() || found->second.ended) return;
  Connection& connection = found->second;
  if (connection.who.empty()) {
    const bool refused =
        who.empty() ||
        count_of([](const Connection& one) { return !one.who.empty(); }) >= kMostSubscribers ||
        count_of([&](const Connection& one) { return one.who == who; }) >= kMostOfSubscriber;
    if (refused) return end(descriptor, connection);
    connection.who = who;
  }
  if (++connection.words > kMostSubscriptions) end(descriptor, connection);
}

void Subscribers::end_all_of(const std::string& who) {
  for (auto& [descriptor, connection] : connections_) {
    if (connection.who == who) end(descriptor, connection);
  }
}

void Subscribers::look(MonotonicTime now) {
  for (auto& [descriptor, connection] : connections_) {
    if (connection.who.empty()) {
      if (now - connection.begun > kMostFeedStrange_ms) end(descriptor, connection);
      continue;
    }
    const auto outgoing = sight_.outgoing(descriptor);
    if (!outgoing) continue;  // it is gone; libzmq says so
    if (outgoing->waiting == 0 || !(*outgoing == connection.seen)) {
      connection.seen = *outgoing;
      connection.moved = now;
    } else if (now - connection.moved > kMostUnread_ms) {
      end(descriptor, connection);
    }
  }
}

}  // namespace sn::coordinator
