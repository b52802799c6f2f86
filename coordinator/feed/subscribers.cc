#include "coordinator/feed/subscribers.h"

#include <algorithm>

namespace sn::coordinator {

void Subscribers::end(int descriptor, Connection& connection) {
  if (connection.ended) return;
  connection.ended = true;
  ++ended_;
  sight_.end(descriptor);
}

void Subscribers::end_each(const Which& is_one) {
  for (auto& [descriptor, connection] : connections_) {
    if (is_one(connection)) end(descriptor, connection);
  }
}

size_t Subscribers::count_of(const Which& is_one) const {
  return static_cast<size_t>(std::count_if(
      connections_.begin(), connections_.end(),
      [&](const auto& entry) { return !entry.second.ended && is_one(entry.second); }));
}

void Subscribers::accepted(int descriptor, MonotonicTime now) {
  connections_[descriptor] = {
      .number = ++last_number_, .begun = now, .from = sight_.from(descriptor), .moved = now};
}

bool Subscribers::has_place(const Connection& connection, const std::string& who) const {
  if (count_of([](const auto& one) { return !one.who.empty(); }) >= kMostSubscribers) return false;
  if (connection.from == kRootOfThisMachine) return true;
  const auto is_other = [](const auto& one) {
    return !one.who.empty() && one.from != kRootOfThisMachine;
  };
  return count_of(is_other) < kMostOtherSubscribers &&
         count_of([&](const auto& one) { return one.who == who; }) < kMostOfSubscriber;
}

void Subscribers::heard(int descriptor, const std::string& who) {
  if (descriptor < 0) return end_each([](const auto& one) { return one.who.empty(); });
  const auto found = connections_.find(descriptor);
  if (found == connections_.end() || found->second.ended) return;
  Connection& connection = found->second;
  if (connection.who.empty() && !who.empty() && has_place(connection, who)) connection.who = who;
  // Also one that had this number before, and whose words were still to be read.
  const bool is_its_own = !who.empty() && connection.who == who;
  if (!is_its_own || ++connection.words > kMostSubscriptions) end(descriptor, connection);
}

void Subscribers::trim() {
  const auto is_stranger = [](const auto& one) { return one.who.empty(); };
  for (size_t left = count_of(is_stranger); left > kMostFeedStrangers; --left) {
    std::map<std::string, size_t> counts;
    for (const auto& [descriptor, one] : connections_) {
      if (!one.ended && is_stranger(one)) ++counts[one.from];
    }
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    auto oldest = connections_.end();
    for (auto at = connections_.begin(); at != connections_.end(); ++at) {
      const Connection& one = at->second;
      if (one.ended || !is_stranger(one) || one.from != most->first) continue;
      if (oldest == connections_.end() || one.number < oldest->second.number) oldest = at;
    }
    end(oldest->first, oldest->second);
  }
}

void Subscribers::end_all_of(const std::string& who) {
  end_each([&](const auto& one) { return one.who == who; });
}

void Subscribers::look_at(int descriptor, Connection& connection, MonotonicTime now) {
  if (connection.who.empty() && now - connection.begun > kMostFeedStrange_ms) {
    return end(descriptor, connection);
  }
  const auto age_s = static_cast<uint64_t>((now - connection.begun) / 1'000);
  if (const auto said = sight_.said(descriptor);
      said && *said > kMostSaid + age_s * kMostSaidPerSecond) {
    return end(descriptor, connection);
  }
  const auto outgoing = sight_.outgoing(descriptor);
  if (!outgoing) return;  // it is gone; libzmq says so
  if (outgoing->waiting == 0 || !(*outgoing == connection.seen)) {
    connection.seen = *outgoing;
    connection.moved = now;
  } else if (now - connection.moved > kMostUnread_ms) {
    end(descriptor, connection);
  }
}

void Subscribers::look(MonotonicTime now) {
  for (auto& [descriptor, connection] : connections_) look_at(descriptor, connection, now);
  const uint64_t memory = sight_.memory();
  if (memory_ == 0 || memory < memory_) memory_ = memory;
  if (memory - memory_ <= kMostFeedGrowth) return;
  memory_ = memory;
  end_each([](const auto& one) {
    return one.from.starts_with("uid ") && one.from != kRootOfThisMachine;
  });
}

}  // namespace sn::coordinator
