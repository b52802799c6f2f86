#include "coordinator/core/freeze.h"

#include <utility>
#include <vector>

#include "coordinator/core/wording.h"

namespace sn::coordinator {

void Freezer::set(ClientId client, const FreezeCommand& command, Now now) {
  const Freeze freeze{command.frozen, command.by, now.wall.unix_ms};
  if (freeze.frozen != ledger_.state().freeze.frozen) {
    ledger_.put(freeze);
    outbox_.publish(freeze.frozen ? event::kFrozen : event::kThawed, now, "", "", "",
                    wording::by(command.by));
  }
  if (!freeze.frozen) rebinds_.tell_pending(now);
  std::vector<uint64_t> stopped;
  for (const auto& [number, takeover] : ledger_.state().takeovers) {
    if (takeover.state == TakeoverState::stopped) stopped.push_back(number);
  }
  outbox_.reply(client, DoneAnswer{freeze.frozen ? wording::frozen() : wording::thawed(stopped)});
}

}  // namespace sn::coordinator
