#include "coordinator/core/takeover/shown_takeover.h"

namespace sn::coordinator {

ShownTakeover shown_takeover(const State& state, const Takeover& takeover) {
  ShownTakeover shown{takeover.header(), {}};
  for (const Assignment* part : parts_of(state, takeover)) {
    const NodeRecord& node = state.nodes.at(part->node);
    shown.nodes.emplace(part->node, TakeoverPart{*part, node.service_node_before(*part)});
  }
  return shown;
}

}  // namespace sn::coordinator
