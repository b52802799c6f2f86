#include "coordinator/core/takeover/summary.h"

#include <set>
#include <utility>

namespace sn::coordinator {

namespace {

// A takeover's nodes, counted one by one.
class Tally {
 public:
  void add_plain(const PlainParts& parts) {
    nodes_ += parts.nodes.size();
    if (!parts.nodes.empty()) counts_[Verdict::verified] += parts.nodes.size();
    targets_.insert(parts.targets.begin(), parts.targets.end());
  }

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

namespace {

TakeoverSummary summary_of_filed(const TakeoverHeader& header) {
  const Filed& filed = header.filed.front();
  TakeoverSummary summary{
      header, filed.targets, filed.nodes, {}, static_cast<int>(filed.exit_code)};
  for (const auto& [verdict, nodes] : filed.counts) summary.counts[verdict] = nodes;
  return summary;
}

}  // namespace

TakeoverSummary summary_of(const State& state, const Takeover& takeover) {
  if (!takeover.filed.empty()) return summary_of_filed(takeover);
  Tally tally;
  for (const Assignment* part : parts_of(state, takeover)) tally.add(*part);
  return tally.of(takeover);
}

TakeoverSummary summary_of(const ShownTakeover& takeover) {
  Tally tally;
  for (const auto& [name, part] : takeover.nodes) tally.add(part);
  tally.add_plain(takeover.plain);
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
    const Takeover& takeover = one->second;
    summaries.push_back(takeover.filed.empty() ? tallies[one->first].of(takeover)
                                               : summary_of_filed(takeover));
  }
  return summaries;
}

}  // namespace sn::coordinator
