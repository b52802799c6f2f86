// How often a node obeys something new. A coordinator that does not move a service node ten times
// in ten minutes is not held up; one that is stolen restarts a node's daemons no more often. What
// is said again, resumed or finished is not counted. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "common/base/clock.h"

namespace sn::agent {

inline constexpr size_t kMostOrders = 10;
inline constexpr int64_t kMostOrdersMs = 10 * 60 * 1'000;

class OrderRate {
 public:
  // In how many ms the next one is obeyed; 0: now.
  [[nodiscard]] int64_t held_for(MonotonicTime now);
  void obeyed(MonotonicTime now) { obeyed_.push_back(now); }

 private:
  std::deque<MonotonicTime> obeyed_;  // at most kMostOrders
};

}  // namespace sn::agent
