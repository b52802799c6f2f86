// From the administrator's command to the takeover's start: every preflight that is out, and every
// question that stands. Nothing is decided here that a person would not be shown.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/model/cluster_file.h"
#include "coordinator/core/config.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/takeover/preflight.h"
#include "coordinator/core/takeover/takeover_start.h"

namespace sn::coordinator {

class Preflights {
 public:
  // `requests`: the last request number that was given out.
  Preflights(const Config& config, const Cluster& cluster, const Ledger& ledger, Fleet& fleet,
             TakeoverStart& transaction, Outbox& outbox, uint64_t& requests)
      : config_(config),
        cluster_(cluster),
        ledger_(ledger),
        fleet_(fleet),
        start_(transaction),
        outbox_(outbox),
        requests_(requests) {}

  // snctl takeover, snctl plan: asks the nodes and probes the service nodes.
  void begin(ClientId client, const TakeoverCommand& command, Now now);
  // Yes or no to the question that this client was asked.
  void confirm(ClientId client, const ConfirmCommand& command, Now now);

  void on_report(const Presence& presence, const wire::PlanReport& report, Now now);
  void on_plan(const std::string& node, const wire::FullPlan& told, Now now);
  void on_seen(const std::string& node, const wire::Seen& seen, Now now);
  void on_probe(uint64_t request, const MachineSighting& seen, Now now);
  void on_power(uint64_t request, Power power, const std::string& said, Now now);
  // A plan that waits for the node asks it now.
  void on_arrival(const std::string& node);
  // A node that left can't report any more.
  void give_up(const std::string& node);
  // The client is gone: nothing waits for the answer any more.
  void forget(ClientId client);

  void tick(Now now) { decide_complete(now); }
  // tick() wants to be called by then; not later than `latest`.
  [[nodiscard]] MonotonicTime next_tick(MonotonicTime latest) const;

 private:
  [[nodiscard]] Result<NodeSet> resolve(const TakeoverCommand& command) const;
  void probe_all(Preflight& preflight);
  void probe(Preflight& preflight, const std::string& service_node);
  // Where the member is asked, and its answer is waited for; nullptr: it can't be asked.
  const Presence* expect_answer(Preflight& preflight, const std::string& name,
                                const Member& member) const;
  void await_absent(Preflight& preflight, Now now) const;
  void ask_for_plan(const Preflight& preflight, const std::string& node);
  void ask_node(Preflight& preflight, const std::string& name, const Member& member);
  void decide_complete(Now now);
  void decide(std::unique_ptr<Preflight> preflight, Now now);
  void show_and_ask(std::unique_ptr<Preflight> preflight, Now now);
  void look_again(Preflight& preflight, Now now);
  // What was confirmed goes with the orders (ConfirmedPlan).
  void begin_as_shown(const Preflight& preflight, Now now);
  // Every node that this one would have moved was moved by somebody else meanwhile.
  void refuse_as_late(const Preflight& preflight);

  const Config& config_;
  const Cluster& cluster_;
  const Ledger& ledger_;
  Fleet& fleet_;
  TakeoverStart& start_;
  Outbox& outbox_;
  uint64_t& requests_;
  std::vector<std::unique_ptr<Preflight>> preflights_;
};

}  // namespace sn::coordinator
