// Time as the cores see it: handed in, never read inside them.
#pragma once

#include <chrono>
#include <cstdint>

namespace sn {

// Monotonic milliseconds since an arbitrary start. For every wait and deadline.
struct MonotonicTime {
  int64_t ms = 0;
  auto operator<=>(const MonotonicTime&) const = default;
};

inline MonotonicTime operator+(MonotonicTime t, int64_t ms) { return {t.ms + ms}; }
inline int64_t operator-(MonotonicTime a, MonotonicTime b) { return a.ms - b.ms; }

// Unix milliseconds. Only for people to read and as a floor for new generations; no acceptance
// rule uses it (NTP may have died with the service node).
struct WallTime {
  int64_t unix_ms = 0;
  auto operator<=>(const WallTime&) const = default;
};

inline MonotonicTime monotonic_now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()};
}

inline int64_t monotonic_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

inline WallTime wall_now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace sn
