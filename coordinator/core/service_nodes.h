// The states of service nodes as far as an administrator sets them by hand.
#pragma once

#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

class ServiceNodes {
 public:
  ServiceNodes(Ledger& ledger, Verdicts& verdicts, Outbox& outbox)
      : ledger_(ledger), verdicts_(verdicts), outbox_(outbox) {}

  // snctl sn clear: it is up again. Nodes on their way away from it that have not moved are held.
  void clear(ClientId client, const ClearServiceNodeCommand& command, Now now);

 private:
  Ledger& ledger_;
  Verdicts& verdicts_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
