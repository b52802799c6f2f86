#include "coordinator/core/status.h"

#include <algorithm>
#include <map>
#include <utility>

#include "coordinator/core/names.h"
#include "coordinator/core/takeover/summary.h"
#include "coordinator/core/takeover/way_back.h"

namespace sn::coordinator {

namespace {

struct Notice {
  Fact what;
  Cure cure;
};

const Acknowledgement* acknowledged(const State& state, const std::string& node,
                                    const Fact& drift) {
  const auto found = state.acknowledgements.find(node);
  if (found == state.acknowledgements.end() || found->second.drift != drift) return nullptr;
  return &found->second;
}

// The first thing about a node that a person should know and that its verdict does not say.
Notice notice_of(const State& state, const NodeRecord& node, const Presence& presence,
                 const std::string& directory_digest) {
  const Assignment& present = node.present();
  const std::string& service_node = node.service_node();
  // A node that is held for it says so itself.
  if (presence.in_quarantine() && present.state != AssignmentState::held) {
    return {Fact(FactCode::quarantine_notice, {}, presence.quarantine.reason),
            presence.quarantine_cure()};
  }
  if (const Fact drift = drift_of(state, node, presence);
      !drift.empty() && acknowledged(state, node.node, drift) == nullptr) {
    if (!drift.is(FactCode::names_again)) {
      return {drift, Cure(CureCode::acknowledge, {.nodes = {node.node}})};
    }
    return {Fact(FactCode::names_again, drift.with(), presence.drift),
            repair_of(state, drift.with().sn, node.node)};
  }
  const auto bound = presence.bound_to();
  // Pending, partly and blocked nodes say themselves why they are not where the table says.
  if (present.verdict != Verdict::pending && present.verdict != Verdict::partly &&
      present.verdict != Verdict::blocked && !bound.empty() && !contains(bound, service_node)) {
    return {Fact(FactCode::reports_other, {.sn = service_node, .sns = bound}),
            Cure(CureCode::shown_not_corrected, repair_of(state, bound.front(), node.node).with())};
  }
  if (presence.hello.directory_digest != directory_digest) {
    return {Fact(FactCode::directory_differs), Cure(CureCode::copy_directory)};
  }
  if (presence.hello.mode != "act") {
    return {Fact(FactCode::observes_only), Cure(CureCode::set_act_mode)};
  }
  if (presence.connected() && !presence.hello.confined) return {Fact(FactCode::not_confined), {}};
  return {};
}

// The inventory is where a node belongs, the table where it was moved to. They differ while a
// takeover of a service node that is still left behind lasts; after that somebody has to decide.
Notice conflict_of(const State& state, const NodeRecord& node, const Cluster& cluster) {
  const Assignment& present = node.present();
  const std::string& service_node = node.service_node();
  const auto listed = cluster.nodes.find(node.node);
  const Takeover* takeover = takeover_of(state, present);
  if (takeover != nullptr && takeover->state == TakeoverState::running) return {};
  if (present.verdict != Verdict::verified && present.verdict != Verdict::partly)
    return {};  // says so
  if (node.generation() == 0 || listed == cluster.nodes.end() || listed->second.empty()) return {};
  const std::string& home = listed->second.front();
  if (home == service_node || left_behind(state, home)) return {};
  // Home by what was done, if that leads there; else by a move of its own.
  const bool back =
      takeover != nullptr && takeover->finished_unix_ms != 0 && way_back(node).home == home;
  const uint64_t number = takeover == nullptr ? 0 : takeover->number;
  return {
      Fact(FactCode::conflict, {.sn = home, .to = service_node, .takeover = number}),
      back ? Cure(CureCode::conflict_failback, {.takeover = number})
           : Cure(CureCode::conflict_move, {.sn = service_node, .to = home, .nodes = {node.node}})};
}

// The node belongs to a failed service node, and nothing is on its way to move it: --nodes left it
// out, or an abort gave it back.
bool is_stranded(const State& state, const NodeRecord& node) {
  const Verdict verdict = node.present().verdict;
  return state_of(state, node.service_node()) == ServiceNodeState::failed &&
         (verdict == Verdict::none || verdict == Verdict::verified);
}

// What moved, at least what is essential, is on the one that it was to go to. What did not is
// where it says it is, and, if it has not said one that we know, where it arrived last.
std::string where_it_is(const State& state, const NodeRecord& node, const Presence* presence) {
  const Assignment& present = node.present();
  const Verdict verdict = present.verdict;
  if (verdict == Verdict::none || verdict == Verdict::verified || verdict == Verdict::partly) {
    return node.service_node();
  }
  const std::vector<std::string>& left = present.still_to_leave();
  std::vector<std::string> named =
      presence == nullptr ? std::vector<std::string>() : presence->bound_to();
  std::erase_if(named, [&](const auto& name) { return !state.service_nodes.contains(name); });
  for (const auto& name : left) {
    if (contains(named, name)) return name;
  }
  if (!named.empty()) return named.front();
  return left.empty() ? node.service_node() : left.front();
}

void add_assignment(NodeStatus& status, const State& state, const NodeRecord& node) {
  const Assignment& present = node.present();
  status.node = node.node;
  status.service_node = node.service_node();
  status.generation = node.generation();
  status.state = present.state;
  status.takeover = takeover_id_of(present);
  status.from = present.still_to_leave();
  status.verdict = present.verdict;
  const Takeover* of = takeover_of(state, present);
  if (of != nullptr && present.state == AssignmentState::queued) {
    const bool stopped = of->state == TakeoverState::stopped;
    // Why it was stopped is said once, of the node that stopped it, and by `snctl show`.
    status.reason = stopped ? Fact(FactCode::was_stopped, {.takeover = of->number})
                            : Fact(FactCode::turn_has_not_come);
    status.cure =
        Cure(stopped ? CureCode::resume_or_abort : CureCode::watch, {.takeover = of->number});
  } else if (present.verdict != Verdict::pending) {
    // Why it was open when its takeover ended may be over since: its presence says how it is.
    status.reason = present.reason;
    status.cure = present.cure;
  }
}

void add_presence(NodeStatus& status, const Presence& presence, Now now) {
  status.connected = presence.connected();
  status.ever_seen = true;
  status.seen_unix_ms = presence.heard_wall.unix_ms;
  status.path = presence.hello.path;
  status.mode = presence.hello.mode;
  status.version = presence.hello.version;
  status.busy = presence.at_work(now.monotonic);
  status.bindings = presence.bindings;
  status.mounts = presence.mounts;
}

// A knock that waits, or is an alarm, than what else there is to be said of the node.
bool is_worse(const Fact& knock, const Fact& notice) {
  const bool alarm = knock.because().is(FactCode::other_key_answers);
  return alarm || notice.empty() || notice.is(FactCode::observes_only) ||
         notice.is(FactCode::not_confined) || notice.is(FactCode::directory_differs);
}

// Connected, where it belongs, and nothing is to be said of it but of its NFS servers.
bool is_plain(const NodeStatus& node, const Presence* presence) {
  return presence != nullptr && presence->connected() && node.notice.empty() &&
         (node.verdict == Verdict::none || node.verdict == Verdict::verified);
}

void count_verdict(ServiceNodeStatus& sn, Verdict verdict, const Presence* presence) {
  ++sn.nodes;
  if (sn.record.state == ServiceNodeState::failed && verdict == Verdict::verified) return;
  switch (verdict) {
    case Verdict::none:
      // Never moved: as good as verified if the node itself says that it is where it belongs.
      if (presence != nullptr && presence->references_to(sn.record.name) > 0 &&
          sn.record.state != ServiceNodeState::failed) {
        ++sn.verified;
      }
      break;
    case Verdict::verified:
      ++sn.verified;
      break;
    case Verdict::partly:
      ++sn.partly;
      break;
    case Verdict::blocked:
      ++sn.blocked;
      break;
    case Verdict::failed:
      ++sn.failed;
      break;
    case Verdict::pending:
      ++sn.pending;
      break;
    case Verdict::held:
      ++sn.held;
      break;
  }
}

}  // namespace

Fact drift_of(const State& state, const NodeRecord& node, const Presence& presence) {
  const Assignment& present = node.present();
  const auto bound = presence.bound_to();
  const auto stale = std::find_if(bound.begin(), bound.end(), [&](const std::string& name) {
    return name != node.service_node() && left_behind(state, name);
  });
  if (present.verdict == Verdict::verified && stale != bound.end()) {
    return Fact(FactCode::names_again, {.sn = *stale, .count = presence.references_to(*stale)});
  }
  if (presence.drift.empty()) return {};
  return Fact(FactCode::drift_notice, {}, presence.drift);
}

StatusAnswer status_of(const State& state, const Cluster& cluster, const Fleet& fleet,
                       const NfsServers& nfs_servers, const std::string& directory_digest,
                       const KnockNotices& knocks, bool brief, Now now) {
  StatusAnswer answer;
  answer.now_unix_ms = now.wall.unix_ms;
  answer.freeze = state.freeze;
  std::map<std::string, ServiceNodeStatus> by_name;
  for (const auto& [name, record] : state.service_nodes) by_name[name].record = record;
  for (const NodeRecord* record : table_of(state)) {
    const std::string& name = record->node;
    const Presence* presence = fleet.find(name);
    NodeStatus node;
    add_assignment(node, state, *record);
    if (presence != nullptr) {
      auto [what, cure] = notice_of(state, *record, *presence, directory_digest);
      node.notice = std::move(what);
      node.notice_cure = std::move(cure);
      if (const Fact drift = drift_of(state, *record, *presence); !drift.empty()) {
        const Acknowledgement* said = acknowledged(state, name, drift);
        if (said != nullptr) {
          node.acknowledged = Fact(FactCode::acknowledged, {.by = said->by}, drift);
        }
      }
    }
    if (is_stranded(state, *record) && (presence == nullptr || !presence->in_quarantine())) {
      node.notice = Fact(FactCode::stranded, {.sn = node.service_node});
      node.notice_cure = Cure(CureCode::takeover, {.sn = node.service_node});
    } else if (node.notice.empty()) {
      auto [what, cure] = conflict_of(state, *record, cluster);
      node.notice = std::move(what);
      node.notice_cure = std::move(cure);
    }
    if (const auto knock = knocks.find(name);
        knock != knocks.end() && is_worse(knock->second.first, node.notice)) {
      node.notice = knock->second.first;
      node.notice_cure = knock->second.second;
    }
    node.on = where_it_is(state, *record, presence);
    ServiceNodeStatus& sn = by_name[node.on];
    sn.record.name = node.on;
    count_verdict(sn, node.verdict, presence);
    if (brief && is_plain(node, presence) && !nfs_servers.any_trouble_of(name)) {
      ++answer.plain;
      ++answer.plain_paths[presence->hello.path];
      continue;
    }
    if (presence != nullptr) {
      add_presence(node, *presence, now);
      node.servers = nfs_servers.of(name);
    }
    answer.nodes.push_back(std::move(node));
  }
  answer.nfs_servers = nfs_servers.status(fleet);
  for (auto& [name, sn] : by_name) answer.service_nodes.push_back(std::move(sn));
  if (!state.takeovers.empty()) answer.last = summary_of(state, state.takeovers.rbegin()->second);
  return answer;
}

}  // namespace sn::coordinator
