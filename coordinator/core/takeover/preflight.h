// A takeover before anything is decided: which nodes were asked, what they answered, and what
// follows.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/commands.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/life/fleet_sighting.h"
#include "coordinator/core/takeover/node_set.h"

namespace sn::coordinator {

class Preflight {
 public:
  Preflight(uint64_t request, ClientId client, TakeoverCommand command, NodeSet set,
            MonotonicTime deadline);

  void expect_report(const std::string& node) { unreported_.emplace(node, true); }
  void expect_probe(uint64_t probe, const std::string& service_node) {
    probes_.emplace(probe, service_node);
  }
  // true: this node is to be asked for its whole plan.
  bool report(const std::string& node, const wire::PlanReport& report);
  // Of who was asked, and for its own group: what is not is not heard.
  void tell(const std::string& node, const wire::PlanSummary& plan);
  // It was asked for its plan, and has not told it: over a connection that may be gone.
  [[nodiscard]] bool awaits_plan_of(const std::string& node) const;
  // After the question: how everything looked before counts no more.
  void look_again(MonotonicTime deadline);
  void seen(const std::string& node, const wire::Seen& seen);
  void expect_power(MonotonicTime deadline);
  void powered(Power power, const std::string& said);
  // false: it is no probe of this preflight.
  bool probed(uint64_t request, const MachineSighting& seen);
  [[nodiscard]] bool awaits(const std::string& node) const { return unreported_.contains(node); }
  // A node that left can't report any more. A plan waits for it as a takeover would: it may be back
  // before the deadline.
  // Who is to be asked for the plan of its group instead; empty: nobody.
  [[nodiscard]] std::string give_up(const std::string& node);

  [[nodiscard]] bool complete() const {
    return unreported_.empty() && untold_ == 0 && probes_.empty() && !power_out_;
  }
  // What is left of the service node answers, and whether it has power is worth to be asked.
  [[nodiscard]] bool wants_power() const;
  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }
  [[nodiscard]] FleetSighting sighting(const std::string& service_node) const;

  // Every node that is moved now was looked at, and goes where it was shown to go. Fewer may be
  // moved: some arrived meanwhile.
  [[nodiscard]] bool covers(const NodeSet& now) const;

  // Refuses if the old service node shows life (unless it is said to be planned, fenced or off), or
  // no target answers anybody. `asks`: one that is half dead can still be asked about.
  [[nodiscard]] std::optional<RefusalAnswer> refusal(bool asks) const;
  [[nodiscard]] PlanAnswer plan(const State& state, const Fleet& fleet) const;
  // As the node reported it, for no generation yet; without a hash: it reported none.
  [[nodiscard]] ConfirmedPlan plan_of(const std::string& node) const;

  const uint64_t request;
  const ClientId client;
  const TakeoverCommand command;
  const NodeSet set;
  bool asking = false;   // the plan was shown, the question stands
  MonotonicTime asked;   // since then
  bool go = false;       // it was answered with yes, and everything is looked at once more
  bool vouched = false;  // so was the second question, of one that is half dead

 private:
  // One plan for all nodes whose plans a person would call the same (PlanReport::group).
  struct GroupPlan {
    std::optional<wire::PlanSummary> whole;
    std::set<std::string> asked;      // who will tell it
    std::set<std::string> unasked;    // who reported it and was not asked
    std::vector<std::string> others;  // service nodes that these nodes know as another machine
  };
  struct Report {
    std::vector<wire::Sighting> sightings;
    std::string hash, shape;
    GroupPlan* group = nullptr;  // nullptr: it only said what it sees
  };

  // Which of these count: what a node saw of a machine that it knows by another entry does not.
  static const MachineSighting* counted(const Report& report, const wire::Sighting& sighting);
  [[nodiscard]] std::optional<RefusalAnswer> no_target() const;
  // The service node is dead, and whatever can be moved is better off.
  [[nodiscard]] bool is_rescue() const;
  // How the node sees where it is to go; nullptr: it did not say.
  [[nodiscard]] const MachineSighting* target_seen_by(const std::string& node) const;
  // That the node needs at its target, and that does not serve it.
  [[nodiscard]] std::vector<ServiceSighting> unready_services(const std::string& node) const;
  // Of a rescue: what nobody goes without unless it is said (--force). Empty: nothing.
  [[nodiscard]] Fact essentials_unready() const;
  void add_unready(PlanGroup& group) const;
  static void observe_only(PlanGroup& group, const Presence* presence);
  [[nodiscard]] std::vector<Readiness> readiness() const;

  std::map<std::string, bool> unreported_;  // nodes whose report is out
  std::map<uint64_t, std::string> probes_;  // probe request -> service node, still out
  std::map<std::string, Report> reports_;
  std::map<std::string, GroupPlan> groups_;
  size_t untold_ = 0;  // groups whose plan somebody will tell
  bool power_asked_ = false;
  bool power_out_ = false;
  Power power_ = Power::unknown;
  std::string power_said_;
  std::map<std::string, MachineSighting> own_;  // the coordinator's probes
  MonotonicTime deadline_;
};

// Nodes that name `from` by a reference to be moved, but are not in the set.
[[nodiscard]] std::vector<Stray> find_strays(const State& state, const Fleet& fleet,
                                             const std::string& from, const NodeSet& set);

}  // namespace sn::coordinator
