// Nodes that can no longer be right and say so (PROTOCOL.md 3.2.1): nothing that changes a node is
// sent to it until a person has mended what the node names and typed snctl clear.
#pragma once

#include <map>
#include <set>
#include <string>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/rebinds.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

// A look at a handful of files; longer only where the node's own root hangs.
inline constexpr int64_t kClearMs = 20'000;

class Quarantines {
 public:
  Quarantines(Ledger& ledger, Fleet& fleet, Verdicts& verdicts, Rebinds& rebinds, Outbox& outbox)
      : ledger_(ledger), fleet_(fleet), verdicts_(verdicts), rebinds_(rebinds), outbox_(outbox) {}

  // snctl clear NODE: answered when the node has looked again.
  void clear(ClientId client, const ClearNodeCommand& command, Now now);
  void forget(ClientId client);

  // A node's own word, changed or not.
  void take(Presence& presence, const wire::Quarantine& quarantine, Now now);
  // What its hello said: it is held, or released again. Nobody is told here: what else the
  // hello says comes first.
  void settle(const Presence& presence, Now now);

  void tick(Now now);

 private:
  struct Asked {
    std::set<ClientId> clients;
    MonotonicTime deadline;
  };

  void answer(const std::string& node, const Answer& answer);

  Ledger& ledger_;
  Fleet& fleet_;
  Verdicts& verdicts_;
  Rebinds& rebinds_;
  Outbox& outbox_;
  std::map<std::string, Asked> asked_;  // by node
};

}  // namespace sn::coordinator
