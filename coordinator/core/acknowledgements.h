// snctl ack: a drift that is meant so. Durable; it stands for what the drift is now, and ends with
// the node's next verdict or another drift.
#pragma once

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

class Acknowledgements {
 public:
  Acknowledgements(Ledger& ledger, const Fleet& fleet, Outbox& outbox)
      : ledger_(ledger), fleet_(fleet), outbox_(outbox) {}

  // All of the nodes or none: one that is unknown, or has no drift, refuses it.
  void acknowledge(ClientId client, const AckCommand& command, Now now);

 private:
  Ledger& ledger_;
  const Fleet& fleet_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
