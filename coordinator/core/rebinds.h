// Which nodes are told to move, and when: the released nodes of the desired table against those
// that are connected. Saying a Rebind twice is harmless, so it is said whenever it may be needed.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/config.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/late_nodes.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/verdicts.h"

namespace sn::coordinator {

// A node that found a service of its new service node silent looks again so often, for so long.
inline constexpr int64_t kServiceWaitMs = 10'000;
inline constexpr int64_t kServiceWaitsMs = 600'000;

class Rebinds {
 public:
  Rebinds(const Config& config, const Directory& directory, Ledger& ledger, Fleet& fleet,
          Verdicts& verdicts, Outbox& outbox)
      : config_(config),
        directory_(directory),
        ledger_(ledger),
        fleet_(fleet),
        verdicts_(verdicts),
        outbox_(outbox),
        late_(ledger, fleet) {}

  // The node's turn has come: whoever is connected is told.
  void release(const std::string& node, Now now);
  // Says the Rebind of a released node, if it may be said now, when its turn among the late nodes
  // has come (tell_late).
  void tell(const std::string& node, Now now);
  // At the end of every event: late nodes whose turn has come. `look`: LateNodes::take_due.
  void tell_late(bool look, Now now);
  // Tells every released node whose verdict is open: sending was frozen.
  void tell_pending(Now now);
  // Tells the nodes whose answer is overdue once more.
  void resend(Now now);

  // Gives back a node whose takeover was aborted and that never heard of it
  // (HelloMeaning::never_heard).
  void give_back_unheard(const std::string& node, Now now);
  // Adds to what is to be left what the node names and no node is to name any more (more_to_leave).
  // The node must be in the table and known to the fleet.
  void widen(const std::string& node);
  // A service node was marked just now: a node that names it since a boot that nobody corrected, or
  // that is queued, is to leave it, too.
  void converge_named(const std::string& service_node, Now now);

  // A verified node that was rebooted from an image of before (forgot_its_end) and names a service
  // node that is left behind is pending again, like any late node. (A node that knows its end and
  // drifted is shown, not corrected: nothing verified is enforced.)
  void converge_again(const std::string& node, const wire::Hello& hello, Now now);

 private:
  // The node may be told: its Assignment. nullptr: it may not.
  [[nodiscard]] const Assignment* to_be_told(const std::string& name, Now now);
  void send_order(const std::string& name, Now now);
  [[nodiscard]] std::vector<std::string> more_of(const NodeRecord& node) const;

  const Config& config_;
  const Directory& directory_;
  Ledger& ledger_;
  Fleet& fleet_;
  Verdicts& verdicts_;
  Outbox& outbox_;
  LateNodes late_;
};

}  // namespace sn::coordinator
