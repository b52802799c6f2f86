// How much of something somebody may have: a burst at once, and what is refilled as time goes.
// Pure: time comes in from outside.
#pragma once

#include <algorithm>

#include "common/base/clock.h"

namespace sn {

struct Bucket {
  double left = 0;  // of the burst, when it was filled
  MonotonicTime filled;

  [[nodiscard]] double left_at(MonotonicTime now, double burst, double per_second) const {
    return std::min(burst, left + static_cast<double>(now - filled) / 1000 * per_second);
  }
  // One. false: there is none.
  [[nodiscard]] bool take(MonotonicTime now, double burst, double per_second) {
    *this = {left_at(now, burst, per_second), now};
    if (left < 1) return false;
    left -= 1;
    return true;
  }
};

}  // namespace sn
