// How a takeover starts: assignments, service node state and takeover become durable in one
// transaction, and only then is anything said.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/config.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/rebinds.h"
#include "coordinator/core/takeover/node_set.h"
#include "coordinator/core/takeover/running_takeovers.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

class TakeoverStart {
 public:
  TakeoverStart(const Config& config, Ledger& ledger, const Fleet& fleet, RunningTakeovers& running,
                Verdicts& verdicts, Rebinds& rebinds, Outbox& outbox)
      : config_(config),
        ledger_(ledger),
        fleet_(fleet),
        running_(running),
        verdicts_(verdicts),
        rebinds_(rebinds),
        outbox_(outbox) {}

  // The client is shown the takeover to its end. `shown`: the plan that was made, whose groups the
  // canaries are chosen from, and `confirmed` the plan of each of its nodes. Nobody is told here:
  // that is the waves' (waves.h). Returns the generation under which its nodes are told.
  uint64_t begin(ClientId client, const TakeoverCommand& command, const NodeSet& set,
                 const PlanAnswer& shown, const std::map<std::string, ConfirmedPlan>& confirmed,
                 Now now);

 private:
  // A node of an older takeover that still runs, and now belongs to a newer one.
  struct Superseded {
    uint64_t takeover = 0;
    std::string node;
  };
  // What one takeover decides, until it is said.
  struct Draft {
    const Takeover& takeover;
    uint64_t generation = 0;
    const std::map<std::string, ConfirmedPlan>& confirmed;
    std::map<std::string, const PlanGroup*> groups;  // of the plan that was shown, by node
    std::set<std::string> awaited;
    std::vector<Superseded> superseded;
  };

  void decide(Draft& draft, const std::string& name, const Member& member, Now now);
  void mark_left(const TakeoverCommand& command, const std::string& id, Now now);
  // A planned takeover that is taken back had put its service node into maintenance.
  void mark_back(const std::set<uint64_t>& taken_back, Now now);

  const Config& config_;
  Ledger& ledger_;
  const Fleet& fleet_;
  RunningTakeovers& running_;
  Verdicts& verdicts_;
  Rebinds& rebinds_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
