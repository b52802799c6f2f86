#include "coordinator/core/takeover/shown_takeover.h"

namespace sn::coordinator {

ShownTakeover shown_takeover(const State& state, const Takeover& takeover) {
  ShownTakeover shown{takeover.header(), {}};
  for (const Assignment* part : parts_of(state, takeover)) {
    const NodeRecord& node = state.nodes.at(part->node);
    TakeoverPart one{*part, node.service_node_before(*part)};
    if (const uint64_t now = node.present().takeover; now > part->takeover) {
      one.since = now;
      one.cure = {};  // of this takeover, which has no more to say about it
    }
    shown.nodes.emplace(part->node, std::move(one));
  }
  return shown;
}

}  // namespace sn::coordinator
