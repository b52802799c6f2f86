// A takeover with its nodes, as `snctl show` shows it: looked up in their histories. Pure.
#pragma once

#include <map>
#include <string>

#include "coordinator/core/state.h"

namespace sn::coordinator {

struct TakeoverPart : Assignment {
  std::string previous;  // where the node belonged before; empty: unknown
  uint64_t since = 0;    // the takeover that the node has a part in by now; 0: this one, or none
  bool operator==(const TakeoverPart&) const = default;
};

struct ShownTakeover : TakeoverHeader {
  std::map<std::string, TakeoverPart> nodes;  // by name
  bool operator==(const ShownTakeover&) const = default;
};
[[nodiscard]] ShownTakeover shown_takeover(const State& state, const Takeover& takeover);

}  // namespace sn::coordinator
