#include "coordinator/core/takeover/views.h"

#include <utility>

#include "coordinator/core/refusals.h"

namespace sn::coordinator {

void TakeoverViews::show(ClientId client, const ShowCommand& command, Now now) {
  if (const Takeover* takeover =
          find_or_refuse(ledger_.state(), outbox_, client, command.takeover)) {
    outbox_.reply(client, running_.answer_of(*takeover, now));
  }
}

void TakeoverViews::watch(ClientId client, const WatchCommand& command, Now now) {
  if (command.takeover.empty()) {
    outbox_.add_watcher(client);
    return;
  }
  const Takeover* takeover = find_or_refuse(ledger_.state(), outbox_, client, command.takeover);
  if (takeover == nullptr) return;
  const bool followed = running_.follow(takeover->number, client);
  if (!followed) return outbox_.reply(client, running_.answer_of(*takeover, now));
  outbox_.reply(client, StartedAnswer{summary_of(ledger_.state(), *takeover)}, false);
  running_.show_progress(takeover->number, client, now);
}

void TakeoverViews::history(ClientId client) {
  outbox_.reply(client, HistoryAnswer{summaries_of(ledger_.state())});
}

}  // namespace sn::coordinator
