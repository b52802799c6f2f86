// A takeover with its nodes, as `snctl show` shows it: looked up in their histories. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/core/state.h"

namespace sn::coordinator {

// Nodes of which a person reads no more than their number: verified, as planned, neither a canary
// nor the slowest of anything.
struct PlainParts {
  std::vector<std::string> nodes;
  std::vector<std::string> targets;
  uint64_t left = 0;
  uint64_t kept = 0;
  uint64_t boot_time_only = 0;
  uint64_t unclaimed = 0;
  uint32_t least_places = 0;  // 0: none has said
  uint32_t most_places = 0;
  bool operator==(const PlainParts&) const = default;

  void add(const Assignment& part);
};

struct ShownTakeover : TakeoverHeader {
  std::map<std::string, TakeoverPart> nodes;  // by name
  PlainParts plain = {};                      // of a brief one: nodes that are not among them

  [[nodiscard]] size_t size() const { return nodes.size() + plain.nodes.size(); }
  bool operator==(const ShownTakeover&) const = default;
};
[[nodiscard]] ShownTakeover shown_takeover(const State& state, const Takeover& takeover);
// Without the plain ones, and without plans.
[[nodiscard]] ShownTakeover brief_takeover(const State& state, const Takeover& takeover);
[[nodiscard]] ShownTakeover made_brief(ShownTakeover takeover);

}  // namespace sn::coordinator
