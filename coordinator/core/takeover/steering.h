// What an administrator does to a takeover that exists already: snctl abort and snctl resume.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/rebinds.h"
#include "coordinator/core/takeover/running_takeovers.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

class Steering {
 public:
  Steering(Ledger& ledger, Fleet& fleet, RunningTakeovers& running, Verdicts& verdicts,
           Rebinds& rebinds, Outbox& outbox)
      : ledger_(ledger),
        fleet_(fleet),
        running_(running),
        verdicts_(verdicts),
        rebinds_(rebinds),
        outbox_(outbox) {}

  // A node that was not told is given back at once. A node that was told finishes, unless it turns
  // out not to have heard it (Rebinds::give_back_unheard).
  void abort(ClientId client, const AbortCommand& command, Now now);
  // Queues every node that is neither verified nor held, to be told anew in waves; the client looks
  // on.
  void resume(ClientId client, const ResumeCommand& command, Now now);

 private:
  Ledger& ledger_;
  Fleet& fleet_;
  RunningTakeovers& running_;
  Verdicts& verdicts_;
  Rebinds& rebinds_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
