// How often each node may be let in, whatever its key is then. One that is known may still begin
// connections without end: each costs libzmq's thread a handshake, and one whose first word never
// comes may keep a descriptor and a queue that libzmq 4.3 gives back only with the socket (a ROUTER
// does not read from the second connection of one routing id).
//
// Pure: time comes in from outside. Not for two threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/base/clock.h"

namespace sn::net {

// Of one node.
struct AdmissionLimits {
  // An agent connects once, and again after a restart or a fault of the network; libzmq's client
  // waits longer from try to try.
  double burst = 30;
  double per_second = 0.2;
  // Let in, and not heard since. A connection may break in between, now and then.
  double unheard = 16;
};
// While nobody can say which of them are still there; otherwise see all_closed().
inline constexpr double kForgottenPerSecond = 1.0 / 3'600;
// Longer than a connection without a word is left alone.
inline constexpr int64_t kUnheardFor_ms = 120'000;
// It is said this often of one node.
inline constexpr int64_t kSayRefusedAgain_ms = 60'000;

class Admissions {
 public:
  explicit Admissions(AdmissionLimits limits = {}) : limits_(limits) {}

  // false: not now.
  [[nodiscard]] bool take(const std::string& node, MonotonicTime now);
  // The first message came over a connection of this node.
  void heard(const std::string& node);
  // Every connection of the port that was let in kUnheardFor_ms ago was heard from, or is closed.
  void all_closed(MonotonicTime now);

  struct Over {
    std::string node;
    uint64_t refused = 0;  // since it was said last
  };
  // Somebody was refused and it is to be said; nullopt: nothing new.
  [[nodiscard]] std::optional<Over> news(MonotonicTime now);

  [[nodiscard]] size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    double left = 0;
    double unheard = 0;
    MonotonicTime filled;
    MonotonicTime let_in;  // the last time
    std::optional<MonotonicTime> said;
    uint64_t refused = 0;
  };

  AdmissionLimits limits_;
  // Of known keys only.
  std::map<std::string, Node> nodes_;
  std::string over_;  // whose news are out; empty: nobody's
};

}  // namespace sn::net
