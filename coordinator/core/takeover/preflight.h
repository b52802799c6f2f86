// A takeover before anything is decided: which nodes were asked, what they answered, and what
// follows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/commands.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/takeover/node_set.h"

namespace sn::coordinator {

struct ServiceNodeSighting {
  bool answered = false;  // the coordinator's own probe ended
  bool alive = false;
  std::string evidence;
  size_t seen_alive_by = 0;  // nodes
  size_t asked = 0;          // nodes that reported
  std::string first_node;    // that saw it alive, and how
  std::string node_evidence;
};

class Preflight {
 public:
  Preflight(uint64_t request, ClientId client, TakeoverCommand command, NodeSet set,
            MonotonicTime deadline);

  void expect_report(const std::string& node) { unreported_.emplace(node, true); }
  void expect_probe(uint64_t probe, const std::string& service_node) {
    probes_.emplace(probe, service_node);
  }
  void report(const std::string& node, const wire::PlanReport& report);
  // false: it is no probe of this preflight.
  bool probed(uint64_t request, bool alive, const std::string& evidence);
  // A node that left can't report any more.
  void give_up(const std::string& node) { unreported_.erase(node); }

  [[nodiscard]] bool complete() const { return unreported_.empty() && probes_.empty(); }
  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }
  [[nodiscard]] ServiceNodeSighting sighting(const std::string& service_node) const;

  // Every node that is moved now was looked at, and goes where it was shown to go. Fewer may be
  // moved: some arrived meanwhile.
  [[nodiscard]] bool covers(const NodeSet& now) const;

  // Refuses if the old service node shows life (unless planned), or no target answers anybody.
  [[nodiscard]] std::optional<RefusalAnswer> refusal() const;
  [[nodiscard]] PlanAnswer plan(const State& state, const Fleet& fleet) const;

  const uint64_t request;
  const ClientId client;
  const TakeoverCommand command;
  const NodeSet set;
  bool asking = false;  // the plan was shown, the question stands
  MonotonicTime asked;  // since then

 private:
  std::map<std::string, bool> unreported_;  // nodes whose report is out
  std::map<uint64_t, std::string> probes_;  // probe request -> service node, still out
  std::map<std::string, wire::PlanReport> reports_;
  std::map<std::string, ServiceNodeSighting> own_;  // the coordinator's probes
  MonotonicTime deadline_;
};

// Nodes that name `from` by a reference to be moved, but are not in the set.
[[nodiscard]] std::vector<Stray> find_strays(const State& state, const Fleet& fleet,
                                             const std::string& from, const NodeSet& set);

}  // namespace sn::coordinator
