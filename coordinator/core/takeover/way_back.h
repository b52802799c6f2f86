// How a node came to where it belongs, as far back as one failback takes it: a walk through its
// history, over every takeover that only went on with what an older one had begun (the same target
// again, or another one before it had arrived). Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/node_record.h"

namespace sn::coordinator {

struct WayBack {
  std::string home;               // where it had arrived before; empty: nothing to take back
  uint64_t undo = 0;              // the oldest of their generations: what was done since goes
  std::set<uint64_t> takeovers;   // their numbers
  std::vector<std::string> from;  // what they left; without `home`
};
// The node must be in the table.
[[nodiscard]] WayBack way_back(const NodeRecord& node);
// The same, to when the node was on `home` last, over whatever moved it since. Nothing, if it is
// there, or never was.
[[nodiscard]] WayBack way_back_to(const NodeRecord& node, const std::string& home);

}  // namespace sn::coordinator
