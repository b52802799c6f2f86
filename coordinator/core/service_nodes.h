// The states of service nodes as far as an administrator sets them by hand. How they are seen is
// life/life_watch.h's.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/model/life.h"
#include "coordinator/core/commands.h"
#include "coordinator/core/config.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

class ServiceNodes {
 public:
  // `requests`: the last number that was given to a question.
  ServiceNodes(const Config& config, const Directory& directory, Ledger& ledger, Verdicts& verdicts,
               Outbox& outbox, uint64_t& requests)
      : config_(config),
        directory_(directory),
        ledger_(ledger),
        verdicts_(verdicts),
        outbox_(outbox),
        requests_(requests) {}

  // snctl sn clear: it is up again. Nodes on their way away from it that have not moved are held.
  // One that does not answer now is asked about first, if the client wants to be.
  void clear(ClientId client, const ClearServiceNodeCommand& command, Now now);
  // The answer to that question. False: this client was asked none here.
  bool confirm(ClientId client, const ConfirmCommand& command, Now now);
  // The client is gone: nothing is cleared for it any more.
  void forget(ClientId client);
  // False: it was not asked here.
  bool on_probe(uint64_t request, const MachineSighting& seen, Now now);

 private:
  struct Clearing {
    ClientId client = 0;
    ClearServiceNodeCommand command;
  };
  // `silent`: it does not answer, and that was accepted.
  void mark_up(const Clearing& clearing, bool silent, Now now);

  const Config& config_;
  const Directory& directory_;
  Ledger& ledger_;
  Verdicts& verdicts_;
  Outbox& outbox_;
  uint64_t& requests_;
  std::map<uint64_t, Clearing> looking_;  // by the number of the look
  std::map<ClientId, Clearing> asking_;   // whose question stands
};

}  // namespace sn::coordinator
