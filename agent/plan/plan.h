// A plan is a value: what a rebind would do on this node, complete before anything is touched.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/mounts/plan_mounts.h"
#include "agent/plan/inventory.h"
#include "agent/plan/observation.h"
#include "agent/plan/undo.h"
#include "agent/references/kind.h"
#include "agent/routes/route.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct FileChange {
  std::string path;       // as the operator knows it
  std::string real_path;  // what is replaced
  std::string kind;
  std::string service;  // that reads it; empty: none
  Tier tier = Tier::essential;
  FileIdentity identity;  // of the file the plan was made for
  std::vector<Edit> edits;
  std::string text_after;
  std::vector<Argv> live_commands;
};

struct Plan {
  Move move;
  // In this order: the new service node becomes resolvable, then reachable, then everything else.
  std::vector<FileChange> hosts;
  std::vector<LeaseChange> leases;
  std::vector<RouteChange> routes;
  std::vector<IpAddress> gateways;  // to be proven before the commit point
  std::vector<MountSwap> mounts;
  std::vector<FileChange> files;
  // What names a service node that is left and yet stays so, because an undo puts back exactly what
  // was there: left out of what counts as left.
  std::vector<Reference> stays;
  // Files (their paths), routes and mount points that are put back exactly.
  std::set<std::string> restored_files;
  // Of an undo: files (their paths) that can't be put back and are planned from what they are.
  std::set<std::string> planned_anew;
  std::vector<RouteChange> restored_routes;
  std::set<std::string> restored_mounts;
  // Files that can't be read lie on a mount that is swapped: what they need is planned after that.
  bool second_look = false;
  wire::PlanSummary summary;

  // One of `stays` is of this kind, and this service node's.
  [[nodiscard]] bool keeps(std::string_view kind, const std::string& service_node) const {
    return std::any_of(stays.begin(), stays.end(), [&](const Reference& reference) {
      return reference.kind == kind && reference.owner == service_node;
    });
  }
  [[nodiscard]] bool blocked() const { return summary.outlook == Outlook::blocked; }
  [[nodiscard]] bool empty() const {
    return hosts.empty() && routes.empty() && mounts.empty() && files.empty() && leases.empty();
  }
};

struct PlanOptions {
  bool strict = false;  // refuse the whole node where a secondary file can't move
  StuckPolicy stuck = StuckPolicy::keep;
  const Undo* undo = nullptr;  // what an earlier rebind did is to be taken back
  // How the coordinator reads the entries of who is left and of the new one; the own copy of the
  // inventory, where these differ from `directory`, is named by its path.
  std::vector<ServiceNodeEntry> meant = {};
  std::string directory_path = {};
  bool rescue = false;  // PlanRequest::is_rescue
};

// move.own_addresses may be empty: then they are taken from the observation. Never fails: what
// can't be done is a finding, and a blocked outlook if it is essential.
[[nodiscard]] Plan make_plan(const Observation& observation, const Directory& directory, Move move,
                             const PlanOptions& options);

}  // namespace sn::agent
