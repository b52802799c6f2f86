// What one node may say to the coordinator, whatever its key is: a bucket of frames and one of
// bytes, each refilled as time goes. A node needs less than ten frames a second and 1 MiB a minute;
// after a reconnect it may tell all it knows at once. Nobody who says more takes the coordinator's
// time from the others.
//
// Pure: time comes in from outside. Used by the link's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/base/clock.h"

namespace sn::coordinator {

// Frames: beats may come ten a second (beat_interval_ms); after a takeover that was missed a node
// says its state, its inventory and its plan (wire::kMaxMessageBytes each, nine frames) at once.
inline constexpr double kFramesPerSecond = 20;
inline constexpr double kFrameBurst = 600;
inline constexpr double kBytesPerSecond = 128.0 * 1024;
inline constexpr double kByteBurst = 32.0 * 1024 * 1024;
// It is said this often of one node, with how many were dropped since.
inline constexpr int64_t kSayAgain_ms = 60'000;
// One entry a node; those that nobody used for a while go when there are more.
inline constexpr size_t kMostBudgets = 65'536;

class Budgets {
 public:
  // false: it is over its budget, and the frame is to be dropped.
  [[nodiscard]] bool take(const std::string& node, size_t bytes, MonotonicTime now);

  struct Over {
    std::string node;
    uint64_t dropped = 0;  // frames, since it was said last
  };
  // Somebody is over its budget and it is to be said; nullopt: nothing new.
  [[nodiscard]] std::optional<Over> news(MonotonicTime now);

  [[nodiscard]] size_t size() const { return budgets_.size(); }

 private:
  struct Budget {
    double frames = kFrameBurst;
    double bytes = kByteBurst;
    MonotonicTime filled;
    std::optional<MonotonicTime> said;
    uint64_t dropped = 0;
  };

  void make_room(MonotonicTime now);

  std::map<std::string, Budget> budgets_;
  std::string over_;  // whose news are out; empty: nobody's
};

}  // namespace sn::coordinator
