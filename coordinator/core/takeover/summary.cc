#include "coordinator/core/takeover/summary.h"

#include <set>

namespace sn::coordinator {

TakeoverSummary summary_of(const Takeover& takeover) {
  TakeoverSummary summary;
  summary.header = takeover.header();
  summary.nodes = takeover.nodes.size();
  std::set<std::string> targets;
  for (const auto& [name, node] : takeover.nodes) {
    ++summary.counts[node.verdict];
    if (!node.to.empty()) targets.insert(node.to);
  }
  summary.targets.assign(targets.begin(), targets.end());
  summary.exit_code = exit_code_of(takeover);
  return summary;
}

int exit_code_of(const Takeover& takeover) {
  int code = 0;
  for (const auto& [name, node] : takeover.nodes) {
    switch (node.verdict) {
      case Verdict::partly:
      case Verdict::blocked:
      case Verdict::failed:
        return 4;
      case Verdict::none:
      case Verdict::pending:
      case Verdict::held:
        code = 5;
        break;
      case Verdict::verified:
        break;
    }
  }
  return code;
}

}  // namespace sn::coordinator
