// A takeover as lists show it: `snctl history`, and the newest one in `snctl status`. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "coordinator/core/takeover/shown_takeover.h"

namespace sn::coordinator {

// A takeover without its nodes: where they go, and their number by verdict.
struct TakeoverSummary {
  TakeoverHeader header;
  std::vector<std::string> targets;  // sorted, without duplicates
  size_t nodes = 0;
  std::map<Verdict, size_t> counts;  // only verdicts that some node has
  // 0 all verified, 4 finished with partly, blocked or failed nodes, 5 with pending or held only.
  int exit_code = 0;
};
[[nodiscard]] TakeoverSummary summary_of(const State& state, const Takeover& takeover);
[[nodiscard]] TakeoverSummary summary_of(const ShownTakeover& takeover);
// Of every takeover, newest first, in one walk over the nodes.
[[nodiscard]] std::vector<TakeoverSummary> summaries_of(const State& state);

}  // namespace sn::coordinator
