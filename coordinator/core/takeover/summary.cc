#include "coordinator/core/takeover/summary.h"

#include <set>
#include <utility>

namespace sn::coordinator {

namespace {

// A takeover's nodes, counted one by one.
class Tally {
 public:
  void add(const Assignment& part) {
    ++nodes_;
    ++counts_[part.verdict];
    if (!part.to.empty()) targets_.insert(part.to);
  }

  [[nodiscard]] TakeoverSummary of(const TakeoverHeader& header) const {
    return {header, {targets_.begin(), targets_.end()}, nodes_, counts_, exit_code()};
  }

 private:
  [[nodiscard]] int exit_code() const {
    for (const Verdict worse : {Verdict::partly, Verdict::blocked, Verdict::failed}) {
      if (counts_.contains(worse)) return 4;
    }
    const auto verified = counts_.find(Verdict::verified);
    return (verified == counts_.end() ? 0 : verified->second) == nodes_ ? 0 : 5;
  }

  size_t nodes_ = 0;
  std::map<Verdict, size_t> counts_;
  std::set<std::string> targets_;
};

}  // namespace

TakeoverSummary summary_of(const State& state, const Takeover& takeover) {
  Tally tally;
  for (const Assignment* part : parts_of(state, takeover)) tally.add(*part);
  return tally.of(takeover);
}

TakeoverSummary summary_of(const ShownTakeover& takeover) {
  Tally tally;
  for (const auto& [name, part] : takeover.nodes) tally.add(part);
  return tally.of(takeover);
}

std::vector<TakeoverSummary> summaries_of(const State& state) {
  std::map<uint64_t, Tally> tallies;
  for (const auto& [name, node] : state.nodes) {
    std::set<uint64_t> counted = {0};
    for (auto one = node.assignments.rbegin(); one != node.assignments.rend(); ++one) {
      if (counted.insert(one->takeover).second) tallies[one->takeover].add(*one);
    }
  }
  std::vector<TakeoverSummary> summaries;
  for (auto one = state.takeovers.rbegin(); one != state.takeovers.rend(); ++one) {
    summaries.push_back(tallies[one->first].of(one->second));
  }
  return summaries;
}

}  // namespace sn::coordinator
