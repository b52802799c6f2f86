#include "agent/core/order_rate.h"

#include <algorithm>

namespace sn::agent {

int64_t OrderRate::held_for(MonotonicTime now) {
  while (!obeyed_.empty() && now - obeyed_.front() >= kMostOrdersMs) obeyed_.pop_front();
  if (obeyed_.size() < kMostOrders) return 0;
  return std::max<int64_t>(kMostOrdersMs - (now - obeyed_.front()), 1);
}

}  // namespace sn::agent
