// Some nodes as the coordinator sees them: CURVE, Hello, a plan, a verified outcome at once. One
// process for all; what they were told outlives every crash of the coordinator.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "common/net/curve_keys.h"

namespace sn::crash {

inline constexpr size_t kAgents = 3;
[[nodiscard]] std::string agent_name(size_t agent);

class FakeAgents {
 public:
  ~FakeAgents();
  [[nodiscard]] bool start(const std::vector<net::CurveKeys>& keys, const std::string& endpoint,
                           const std::string& coordinator_key);
  void stop();

  [[nodiscard]] bool all_welcome() const;
  // Everything that the coordinator said before its end has been read.
  [[nodiscard]] bool none_connected() const;
  // The newest Rebind that reached the agent; 0: none.
  [[nodiscard]] uint64_t told(size_t agent) const;

 private:
  struct Shared {
    std::array<std::atomic<uint64_t>, kAgents> told;
    std::array<std::atomic<bool>, kAgents> connected;
    std::array<std::atomic<bool>, kAgents> welcome;
  };
  [[noreturn]] void serve(const std::vector<net::CurveKeys>& keys, const std::string& endpoint,
                          const std::string& coordinator_key, pid_t parent);

  Shared* shared_ = nullptr;
  pid_t pid_ = 0;
};

}  // namespace sn::crash
