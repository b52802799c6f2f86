// A takeover as lists show it: `snctl history`, and the newest one in `snctl status`. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "coordinator/core/state.h"

namespace sn::coordinator {

// A takeover without its nodes: where they go, and their number by verdict.
struct TakeoverSummary {
  TakeoverHeader header;
  std::vector<std::string> targets;  // sorted, without duplicates
  size_t nodes = 0;
  std::map<Verdict, size_t> counts;  // only verdicts that some node has
  int exit_code = 0;                 // exit_code_of()
};
[[nodiscard]] TakeoverSummary summary_of(const Takeover& takeover);

// 0 all verified, 4 finished with partly, blocked or failed nodes, 5 with pending or held only.
[[nodiscard]] int exit_code_of(const Takeover& takeover);

}  // namespace sn::coordinator
