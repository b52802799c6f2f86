// How a node's way begins and ends, and why it is held: the one place that gives verdicts. A node's
// own word is believed if it is about what the table says, and never more than it proves.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/takeover/running_takeovers.h"

namespace sn::coordinator {

class Verdicts {
 public:
  Verdicts(Ledger& ledger, Fleet& fleet, RunningTakeovers& running, Outbox& outbox)
      : ledger_(ledger), fleet_(fleet), running_(running), outbox_(outbox) {}

  // ---- a takeover begins: an assignment that is not in its node's history yet is appended
  // It can't be moved; what was in effect before still is.
  void begin_blocked(Assignment first, Fact reason, Cure cure, Now now);
  // Nothing is decided for it but that a person has to.
  void begin_held(Assignment first, Fact reason, Cure cure);
  // It is queued. `why`: nobody waits for it; empty: somebody does.
  void begin_pending(Assignment first, Fact why);
  // What the takeover before still waits for goes on in this one.
  void supersede(const std::string& node, uint64_t by, Now now);

  // ---- the node speaks
  // `answers`: it is said to the order that was sent over this connection, and not the past that a
  // hello repeats.
  void take_outcome(const std::string& node, const wire::Outcome& outcome, bool answers, Now now);
  // The node would not do what it was told.
  void take_refusal(const std::string& node, const wire::Refused& refused, Now now);

  // ---- somebody steers. The node must be in the table
  // The node's takeover was aborted before the node heard of it, or left the node untouched: what
  // was in effect before it is so again, under a new generation.
  void give_back(const std::string& node, const Fact& why, uint64_t generation, Now now);
  // `snctl resume` goes on without it: it waited for its turn, and stays where it is, untouched.
  void leave_out(const std::string& node, const std::string& by, Now now);
  // Its takeover is resumed. `under_way`: it was told and ends by itself; else it is queued anew.
  void await_again(const std::string& node, bool under_way, const std::string& by, Now now);
  // It was rebooted from an image of before, and names these: it is pending again, like any late
  // node.
  void reopen(const std::string& node, const std::vector<std::string>& names, Now now);
  // The node can't be right any more, and says so: it is held until it is cleared.
  void hold_quarantined(const std::string& node, const Presence& presence, Now now);
  // What the node was held for is over: it is queued or released again, and pending.
  void lift_hold(const std::string& node, Now now);
  // The node needs a person; nothing is sent to it until then.
  void hold(const std::string& node, Fact reason, Cure cure, Now now);

 private:
  [[nodiscard]] bool heard_after_all(const NodeRecord& node, const wire::Outcome& outcome) const;
  void set(Assignment changed, Verdict verdict, Fact reason, Cure cure, Now now);

  Ledger& ledger_;
  Fleet& fleet_;
  RunningTakeovers& running_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
