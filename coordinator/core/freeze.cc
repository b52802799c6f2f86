#include "coordinator/core/freeze.h"

#include <string>
#include <utility>

namespace sn::coordinator {

void Freezer::set(ClientId client, const FreezeCommand& command, Now now) {
  const Freeze freeze{command.frozen, command.by, now.wall.unix_ms};
  if (freeze.frozen != ledger_.state().freeze.frozen) {
    ledger_.put(freeze);
    outbox_.publish(freeze.frozen ? event::kFrozen : event::kThawed, now, "", "", "",
                    "by " + command.by);
  }
  if (!freeze.frozen) rebinds_.tell_pending(now);
  std::string text =
      freeze.frozen ? "frozen: nothing that changes a node is sent" : "thawed: sending goes on";
  for (const auto& [number, takeover] : ledger_.state().takeovers) {
    if (freeze.frozen || takeover.state != TakeoverState::stopped) continue;
    text += "; " + takeover.id() + " stays stopped until snctl resume " + takeover.id();
  }
  outbox_.reply(client, DoneAnswer{std::move(text)});
}

}  // namespace sn::coordinator
