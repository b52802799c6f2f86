// What a takeover sent and got a node when it was first measured at 9,000 nodes: what both floors
// send for ever, so that every byte saved since counts.
#pragma once

#include <cstddef>

namespace sn::bench {

inline constexpr size_t kRebindBytes = 108;
inline constexpr size_t kAcceptedBytes = 62;
inline constexpr size_t kOutcomeBytes = 2'448;

}  // namespace sn::bench
