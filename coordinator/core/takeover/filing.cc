#include "coordinator/core/takeover/filing.h"

#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "coordinator/core/takeover/shown_takeover.h"
#include "coordinator/core/takeover/summary.h"
#include "coordinator/core/takeover/way_back.h"

namespace sn::coordinator {

namespace {

constexpr size_t kAtHand = 3;  // that are over, the newest
// So many decisions about a node back a failback to one of its service nodes finds its way. A node
// has a handful in a year; without a limit one drill of years ago would keep all since.
constexpr size_t kWayBack = 32;

// A hold, and the decision that it holds.
constexpr int kMayBeGivenBack = 3;

// Back to where it was last on any service node, over everything since.
void add_ways_back(const NodeRecord& node, const Assignment* from, std::set<uint64_t>& needed) {
  std::set<std::string> homes;
  std::set<uint64_t> since;
  size_t decisions = 0;
  for (const Assignment* one = from; one != nullptr; one = node.before(*one)) {
    if (++decisions > kWayBack) break;
    since.insert({one->takeover, node.original(*one)->takeover});
    if (!one->to.empty() && homes.insert(one->to).second) needed.merge(since);
  }
}

bool is_over(const Takeover& takeover) {
  return takeover.filed.empty() &&
         (takeover.state == TakeoverState::finished ||
          (takeover.state == TakeoverState::aborted && takeover.finished_unix_ms != 0));
}

}  // namespace

std::set<uint64_t> takeovers_needed(const NodeRecord& node) {
  if (!node.in_table()) return {};
  std::set<uint64_t> needed = node.takeovers_in_play();
  needed.merge(way_back(node).takeovers);
  // Also as it is once an abort has given back what only holds it, or the last decision.
  const Assignment* from = &node.present();
  for (int given_back = 0; given_back < kMayBeGivenBack && from != nullptr; ++given_back) {
    add_ways_back(node, from, needed);
    from = node.before(*from);
  }
  needed.erase(0);
  return needed;
}

void Filing::tick() {
  if (looked_at_ == ledger_.decisions()) return;
  const State& state = ledger_.state();
  std::set<uint64_t> over;
  for (const auto& [number, takeover] : state.takeovers) {
    if (takeover.state == TakeoverState::running) return;
    if (is_over(takeover)) over.insert(number);
  }
  // What people still ask about stays at hand.
  for (size_t left = kAtHand; left > 0 && !over.empty(); --left) over.erase(std::prev(over.end()));
  for (const auto& [name, node] : state.nodes) {
    if (over.empty()) break;
    for (const uint64_t number : takeovers_needed(node)) over.erase(number);
  }
  if (over.empty()) {
    looked_at_ = ledger_.decisions();
    return;
  }
  const Takeover& takeover = state.takeovers.at(*over.begin());
  const TakeoverSummary summary = summary_of(state, takeover);
  Filed filed;
  filed.targets = summary.targets;
  filed.nodes = summary.nodes;
  filed.exit_code = static_cast<uint64_t>(summary.exit_code);
  for (const auto& [verdict, count] : summary.counts) filed.counts.push_back({verdict, count});
  std::vector<TakeoverPart> parts;
  for (auto& [name, part] : shown_takeover(state, takeover).nodes) parts.push_back(part);
  ledger_.file(takeover.number, std::move(filed), std::move(parts));
}

}  // namespace sn::coordinator
