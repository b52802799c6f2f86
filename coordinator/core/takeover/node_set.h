// Which nodes are moved, from where and to where: the desired table, the inventory and the
// administrator's command become a list of nodes. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/cluster_file.h"
#include "coordinator/core/commands.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

struct Member {
  std::string to;                 // empty: there is none, see `refusal`
  std::vector<std::string> from;  // every service node since the last verified binding
  uint64_t undo = 0;              // of a failback: the generation whose work is taken back
  Fact refusal;                   // this node can't be moved, and why; the others go on
  Cure cure;
};

struct NodeSet {
  std::map<std::string, Member> members;
  std::vector<std::string> already;  // asked for or expected, and verified on their target before
  std::vector<std::string> targets;  // of the members, sorted, without duplicates
  std::set<uint64_t> taken_back;     // of a failback: the takeovers on its members' ways
  // By the number of a takeover that has not ended. Nodes under way go on in it, as they would
  // here. Nodes taken over are members here; the older takeover waits for them on other terms, or
  // was stopped before it told them.
  std::map<uint64_t, std::vector<std::string>> under_way, taken_over;
};

// `naming`: nodes that report references to `from`. If such a node was moved away before, it has
// come back (it was rebooted, or somebody changed it) and is moved again. Any such node may be
// named in
// --nodes, whatever service node it belongs to, and then goes where the table says.
//
// invalid_input or not_found refuse the whole: an unknown service node or node, a target that is
// the source, failed or in maintenance, nodes that do not belong to `from`, no nodes at all, or
// only nodes that another takeover is moving on the same terms.
[[nodiscard]] Result<NodeSet> resolve_node_set(const State& state, const Cluster& cluster,
                                               const TakeoverCommand& command,
                                               const std::set<std::string>& naming);

// Every node whose way leads through this takeover goes back to where it was before; a node that
// was moved on since is left where the later takeover put it (`already`).
//
// not_found: there is no such takeover, or nothing of it is left to take back. conflict: it still
// runs, or what its nodes would go back to is failed, or in maintenance by another takeover.
[[nodiscard]] Result<NodeSet> resolve_failback(const State& state, const TakeoverCommand& command);

// A failback of a whole incident (TakeoverCommand::back_to), with `undoes` filled in: the newest
// takeover that moved anybody off that service node. resolve_failback() then takes every node that
// was, over all takeovers since.
//
// not_found: there is no such service node, or nobody is to go back to it.
[[nodiscard]] Result<TakeoverCommand> failback_to(const State& state, const Directory& directory,
                                                  TakeoverCommand command);

// Why nothing may be moved to this service node; empty: it may.
[[nodiscard]] Fact unfit(const State& state, const std::string& service_node);
// The cure of that.
[[nodiscard]] Cure make_fit(const std::string& service_node);

}  // namespace sn::coordinator
