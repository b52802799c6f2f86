#include "coordinator/core/freeze.h"

namespace sn::coordinator {

void Freezer::set(ClientId client, const FreezeCommand& command, Now now) {
  const Freeze freeze{command.frozen, command.by, now.wall.unix_ms};
  if (freeze.frozen != ledger_.state().freeze.frozen) {
    ledger_.put(freeze);
    outbox_.publish(freeze.frozen ? event::kFrozen : event::kThawed, now, "", "", "",
                    "by " + command.by);
  }
  if (!freeze.frozen) rebinds_.tell_pending(now);
  outbox_.reply(client, DoneAnswer{freeze.frozen ? "frozen: nothing that changes a node is sent"
                                                 : "thawed: sending goes on"});
}

}  // namespace sn::coordinator
