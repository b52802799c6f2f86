// What is shown of takeovers, running and past: snctl show, watch and history.
#pragma once

#include <string>

#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/takeover/running_takeovers.h"

namespace sn::coordinator {

class TakeoverViews {
 public:
  TakeoverViews(const Ledger& ledger, RunningTakeovers& running, Outbox& outbox)
      : ledger_(ledger), running_(running), outbox_(outbox) {}

  void show(ClientId client, const ShowCommand& command, Now now);
  // What ReadFiled was asked for.
  void show_filed(ClientId client, Result<ShownTakeover> takeover);
  // Without an id: every event of the feed.
  void watch(ClientId client, const WatchCommand& command, Now now);
  void history(ClientId client);

 private:
  void show(ClientId client, const Takeover& takeover, Now now);

  const Ledger& ledger_;
  RunningTakeovers& running_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
