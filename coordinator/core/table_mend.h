// snctl table mend: a table whose generations are beyond any that a node obeys (a fleet's counter
// that somebody's lie, or a clock, had raised) gets new ones. The nodes that hear them still hold
// the old: these are named, with what is to be done on each.
#pragma once

#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

class TableMend {
 public:
  TableMend(Ledger& ledger, Outbox& outbox) : ledger_(ledger), outbox_(outbox) {}

  // Refused where nothing is wrong, and while a takeover runs.
  void mend(ClientId client, const MendTableCommand& command, Now now);

 private:
  Ledger& ledger_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
