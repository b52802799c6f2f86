// How a node's way ends, and why a row is held. A node's own word is believed if it is about what
// the row says, and never more than it proves. (A takeover's start and resume make rows pending:
// takeover/takeover_start.h, takeover/steering.h.)
#pragma once

#include <string>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/takeover/running_takeovers.h"

namespace sn::coordinator {

class Verdicts {
 public:
  Verdicts(Ledger& ledger, Fleet& fleet, RunningTakeovers& running, Outbox& outbox)
      : ledger_(ledger), fleet_(fleet), running_(running), outbox_(outbox) {}

  void take_outcome(const std::string& node, const wire::Outcome& outcome, Now now);
  // The node would not do what it was told.
  void take_refusal(const std::string& node, const wire::Refused& refused, Now now);
  // The node's takeover was aborted before the node heard of it, or left the node untouched: the
  // row is again what it was before, under a new generation.
  void give_back(const Row& row, const Fact& why, uint64_t generation, Now now);
  // The node can't be right any more, and says so: its row is held until the node is cleared.
  void hold_quarantined(const Row& row, const Presence& presence, Now now);
  // What the row was held for is over: it is queued or released again, and pending.
  void release(Row row, Now now);
  // The node needs a person; nothing is sent to it until then.
  void hold(const Row& row, Fact reason, Cure cure, Now now);

 private:
  [[nodiscard]] bool heard_after_all(const Row& row, const wire::Outcome& outcome) const;
  void set(Row row, Verdict verdict, Fact reason, Cure cure, const wire::Outcome* outcome, Now now);
  void record(uint64_t takeover, const Row& row, const wire::Outcome* outcome, Now now);
  void publish_changes(const Row& row, const wire::Outcome& outcome, Now now);

  Ledger& ledger_;
  Fleet& fleet_;
  RunningTakeovers& running_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
