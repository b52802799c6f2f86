#include "coordinator/core/takeover/way_back.h"

#include "coordinator/core/names.h"

namespace sn::coordinator {

WayBack way_back(const NodeRecord& node) {
  WayBack way;
  const Assignment* one = &node.present();
  if (one->to.empty()) return way;      // it only holds the node
  const Assignment* went_on = nullptr;  // it only went on with what an older takeover did
  while (one != nullptr && one->takeover != 0) {
    if (went_on != nullptr && !intersects(went_on->from, one->from)) break;
    const Assignment* before = node.decided_before(*one);
    way.home = before == nullptr ? std::string() : before->to;
    way.undo = node.original(*one)->generation;
    way.takeovers.insert(one->takeover);
    for (const auto& name : one->from) {
      if (!contains(way.from, name)) way.from.push_back(name);
    }
    // Partly is arrived here, and not for an abort (Verdicts::give_back): what it uses was there,
    // and a failback that a person asks for moves the rest of it, too.
    const bool had_arrived =
        before == nullptr || before->is_settled() || before->verdict == Verdict::partly;
    const bool to_the_same = way.home == one->to;
    if (had_arrived && !to_the_same) break;
    went_on = to_the_same && had_arrived ? one : nullptr;
    one = before;
  }
  std::erase(way.from, way.home);
  return way;
}

WayBack way_back_to(const NodeRecord& node, const std::string& home) {
  WayBack way;
  if (node.service_node() == home) return {};
  const Assignment* one = &node.present();
  if (one->to.empty()) return {};  // it only holds the node
  while (one != nullptr && one->takeover != 0) {
    const Assignment* before = node.decided_before(*one);
    way.undo = node.original(*one)->generation;
    way.takeovers.insert(one->takeover);
    for (const auto& name : one->from) {
      if (!contains(way.from, name)) way.from.push_back(name);
    }
    if (before != nullptr && before->to == home) {
      way.home = home;
      std::erase(way.from, home);
      return way;
    }
    one = before;
  }
  return {};
}

}  // namespace sn::coordinator
