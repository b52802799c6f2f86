#include "coordinator/core/takeover/views.h"

#include <utility>

#include "coordinator/core/refusals.h"

namespace sn::coordinator {

void TakeoverViews::show(ClientId client, const ShowCommand& command, Now now) {
  if (const Takeover* takeover =
          find_or_refuse(ledger_.state(), outbox_, client, command.takeover)) {
    show(client, *takeover, now);
  }
}

void TakeoverViews::show(ClientId client, const Takeover& takeover, Now now) {
  if (!takeover.filed.empty()) return outbox_.ask(ReadFiled{client, takeover.number});
  outbox_.reply(client, running_.answer_of(takeover, client, now));
}

void TakeoverViews::show_filed(ClientId client, Result<ShownTakeover> takeover) {
  if (!takeover) {
    const Error& why = takeover.error();
    return outbox_.reply(client, RefusalAnswer{why.fact(), why.cure, 1});
  }
  if (outbox_.is_brief(client)) takeover = made_brief(std::move(*takeover));
  const auto kept = ledger_.state().takeovers.find(takeover->number);
  if (kept != ledger_.state().takeovers.end()) takeover->filed = kept->second.filed;
  TakeoverAnswer answer{std::move(*takeover), ledger_.state().freeze.frozen, 0};
  answer.exit_code = summary_of(answer.takeover).exit_code;
  outbox_.reply(client, std::move(answer));
}

void TakeoverViews::watch(ClientId client, const WatchCommand& command, Now now) {
  if (command.takeover.empty()) {
    outbox_.add_watcher(client);
    return;
  }
  const Takeover* takeover = find_or_refuse(ledger_.state(), outbox_, client, command.takeover);
  if (takeover == nullptr) return;
  const bool followed = running_.follow(takeover->number, client);
  if (!followed) return show(client, *takeover, now);
  outbox_.reply(client, StartedAnswer{summary_of(ledger_.state(), *takeover)}, false);
  running_.show_progress(takeover->number, client, now);
}

void TakeoverViews::history(ClientId client) {
  outbox_.reply(client, HistoryAnswer{summaries_of(ledger_.state())});
}

}  // namespace sn::coordinator
