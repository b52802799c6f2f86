// snctl freeze, snctl thaw: nothing that changes a node is sent between the two. Durable. What was
// decided stays decided; what is not sent is the Rebind (rebinds.h), and no takeover begins.
#pragma once

#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/rebinds.h"

namespace sn::coordinator {

class Freezer {
 public:
  Freezer(Ledger& ledger, Rebinds& rebinds, Outbox& outbox)
      : ledger_(ledger), rebinds_(rebinds), outbox_(outbox) {}

  void set(ClientId client, const FreezeCommand& command, Now now);

 private:
  Ledger& ledger_;
  Rebinds& rebinds_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
