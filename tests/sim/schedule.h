// What happens when, in simulated milliseconds. Of two things at one moment the one that was
// planned first comes first.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "common/base/clock.h"

namespace sn::sim {

class Schedule {
 public:
  using Deed = std::function<void()>;

  void at(MonotonicTime when, Deed deed) {
    queue_.push({std::max(when, now_), ++planned_, std::move(deed)});
  }
  void in(int64_t ms, Deed deed) { at(now_ + ms, std::move(deed)); }

  // Until `end`, and the deeds of that moment too.
  template <class AfterEach>
  void run_until(MonotonicTime end, const AfterEach& after_each) {
    while (!queue_.empty() && queue_.top().when <= end) {
      // A deed may plan others; it must not be looked at while it does.
      Entry entry = queue_.top();
      queue_.pop();
      now_ = entry.when;
      ++done_;
      entry.deed();
      after_each();
    }
    now_ = end;
  }

  [[nodiscard]] MonotonicTime now() const { return now_; }
  [[nodiscard]] uint64_t done() const { return done_; }

 private:
  struct Entry {
    MonotonicTime when;
    uint64_t number = 0;
    Deed deed;
    bool operator<(const Entry& other) const {
      return std::pair(other.when, other.number) < std::pair(when, number);
    }
  };
  std::priority_queue<Entry> queue_;
  MonotonicTime now_{1'000};
  uint64_t planned_ = 0;
  uint64_t done_ = 0;
};

}  // namespace sn::sim
