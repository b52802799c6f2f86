// Generations: what orders the decisions about a node. A coordinator gives out the time, in Unix
// milliseconds, or one more than the last.
#pragma once

#include <cstdint>

namespace sn {

// How far an order may be ahead of the newest that its node obeyed, which is 0 after a boot: 139
// years. One that is further ahead is nobody's, and would leave no newer one for anybody.
inline constexpr uint64_t kMostGenerationStep = uint64_t{1} << 42;

// Of epochs too, which are made alike.
[[nodiscard]] constexpr bool is_leap(uint64_t next, uint64_t newest) {
  return next > newest && next - newest > kMostGenerationStep;
}

}  // namespace sn
