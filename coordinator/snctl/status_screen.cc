#include <algorithm>
#include <map>

#include "common/facts/node_fold.h"
#include "common/facts/some_nodes.h"
#include "common/facts/text.h"
#include "coordinator/snctl/cure_lines.h"
#include "coordinator/snctl/folded.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

std::string count_text(size_t count) { return count == 0 ? "-" : std::to_string(count); }

// What the administrator or a takeover made it; else how it is seen.
std::string state_text(const ServiceNodeStatus& sn, int64_t now) {
  const ServiceNodeRecord& record = sn.record;
  if (record.state != ServiceNodeState::up) {
    return upper(to_string(record.state)) + " since " + moment_text(record.since_unix_ms, now);
  }
  const std::string since = " since " + moment_text(sn.life.since_unix_ms, now);
  if (sn.life.life == Life::unasked) return "not asked";
  if (sn.life.life == Life::silent) return "SILENT" + since;
  return is_half_dead(sn.life.life) ? "HALF DEAD" + since : "up";
}

// "0 of 127, MN no": nodes, and this machine.
std::string alive_by_text(const LifeStatus& life) {
  std::string text;
  if (life.asked > 0) {
    text = std::to_string(life.alive_by) + " of " + std::to_string(life.asked) + ", ";
  }
  if (life.here == Life::unasked) return text.empty() ? "-" : text + "MN -";
  return text + (shows_life(life.here) ? "MN yes" : "MN no");
}

std::string flaps_text(const LifeStatus& life) {
  return life.flaps < 2 ? ""
                        : "; fell silent " + std::to_string(life.flaps) + " times in the last hour";
}

bool is_fine(const ServiceNodeStatus& sn) {
  return sn.record.state == ServiceNodeState::up &&
         (sn.life.life == Life::serves || sn.life.life == Life::unasked);
}

// Of one that is_fine() does not hold for.
std::string trouble_text(const ServiceNodeStatus& sn, int64_t now) {
  const LifeStatus& life = sn.life;
  std::string text = state_text(sn, now);
  if (sn.record.state != ServiceNodeState::up) {
    text += " by " + sn.record.takeover;
    if (sn.record.state != ServiceNodeState::failed || !shows_life(life.life)) return text;
    return text + ", and ANSWERS AGAIN since " + moment_text(life.since_unix_ms, now) + " (" +
           life.evidence + ")" + flaps_text(life) + ": its DHCP or NIM server may pull nodes back";
  }
  text += ", seen alive by " + std::to_string(life.alive_by) + " of " +
          counted(life.asked, "node") + (shows_life(life.here) ? ", MN yes" : ", MN no");
  if (shows_life(life.life)) {
    text += ": it " + life.evidence;
    if (!life.mac.empty()) text += ", from " + life.mac;
  }
  return text + flaps_text(life);
}

Cure trouble_cure(const ServiceNodeStatus& sn) {
  const Details with{.sn = sn.record.name};
  if (sn.record.state == ServiceNodeState::up) return Cure(CureCode::takeover, with);
  const bool back = sn.record.state == ServiceNodeState::failed && shows_life(sn.life.life);
  return Cure(back ? CureCode::stop_dhcp_then_clear : CureCode::clear_service_node, with);
}

// FAILED and HELD only where there is one: the table has to fit.
std::string service_node_table(const std::vector<const ServiceNodeStatus*>& list, int64_t now) {
  struct Count {
    const char* name;
    size_t ServiceNodeStatus::* of;
    bool always;
  };
  static constexpr Count kCounts[] = {{"VERIFIED", &ServiceNodeStatus::verified, true},
                                      {"PARTLY", &ServiceNodeStatus::partly, true},
                                      {"BLOCKED", &ServiceNodeStatus::blocked, true},
                                      {"FAILED", &ServiceNodeStatus::failed, false},
                                      {"PENDING", &ServiceNodeStatus::pending, true},
                                      {"HELD", &ServiceNodeStatus::held, false}};
  std::vector<std::vector<std::string>> rows(1 + list.size());
  std::vector<bool> right_aligned = {false, false, true};
  rows.front() = {"SN", "STATE", "NODES"};
  const auto name_of = [](const ServiceNodeStatus& sn) { return cut(sn.record.name, kMaxName); };
  for (size_t i = 0; i < list.size(); ++i) {
    rows[i + 1] = {name_of(*list[i]), state_text(*list[i], now), std::to_string(list[i]->nodes)};
  }
  for (const auto& count : kCounts) {
    const bool any =
        std::any_of(list.begin(), list.end(), [&](const auto* sn) { return sn->*count.of > 0; });
    if (!any && !count.always) continue;
    rows.front().emplace_back(count.name);
    right_aligned.push_back(true);
    for (size_t i = 0; i < list.size(); ++i) rows[i + 1].push_back(count_text(list[i]->*count.of));
  }
  rows.front().emplace_back("SEEN ALIVE BY");
  right_aligned.push_back(false);
  for (size_t i = 0; i < list.size(); ++i) rows[i + 1].push_back(alive_by_text(list[i]->life));
  return table(rows, right_aligned);
}

// "nfsha 10.1.9.9", "10.1.9.9:20049"
template <class Server>
std::string server_text(const Server& server) {
  std::string address = server.address;
  if (server.port != kNfsPort) {
    if (address.find(':') != std::string::npos) address = "[" + address + "]";
    address += ":" + std::to_string(server.port);
  }
  return server.owner.empty() ? address : server.owner + " " + address;
}

std::string here_text(SeenFrom seen) {
  if (seen == SeenFrom::unknown) return "-";
  return seen == SeenFrom::answering ? "yes" : "no";
}

// Those that do not answer every node promptly; one line if there are none. MN: do they answer the
// coordinator, which may have no way to them.
std::string nfs_servers_text(const std::vector<NfsServerStatus>& servers, int64_t now) {
  if (servers.empty()) return {};
  std::vector<std::vector<std::string>> rows = {
      {"NFS SERVER", "NODES", "ANSWERING", "SLOW", "SILENT", "SINCE", "MN"}};
  for (const auto& server : servers) {
    if (server.silent + server.slow + server.suspicious == 0) continue;
    rows.push_back({server_text(server), std::to_string(server.nodes), count_text(server.answering),
                    count_text(server.slow), count_text(server.silent),
                    server.silent == 0 ? "" : moment_text(server.silent_since_unix_ms, now),
                    here_text(server.here)});
  }
  if (rows.size() > 1) return table(rows, {false, true, true, true, true, false, false});
  return "NFS   " + counted(servers.size(), "server") + ", none is silent or slow\n";
}

// Right after a restart of the coordinator nobody has been seen: nodes come back within two beats.
bool is_reconnecting(const NodeStatus& node, const StatusAnswer& status) {
  constexpr int64_t kReconnect_ms = 60'000;
  const int64_t up_ms = status.now_unix_ms - status.up_since_unix_ms;
  return !node.connected && !node.ever_seen && up_ms < kReconnect_ms;
}

std::string absence(const NodeStatus& node, const StatusAnswer& status) {
  if (node.connected) return {};
  if (is_reconnecting(node, status)) {
    return "reconnecting: the coordinator has just started";
  }
  return node.ever_seen ? "down since " + moment_text(node.seen_unix_ms, status.now_unix_ms)
                        : "not seen since the coordinator started";
}

std::string consequence_text(const SeenServer& server) {
  if (server.mounts == 0) return ", nothing is mounted from it now";
  return ": " + counted(server.mounts, "mount") + " of it " +
         (server.mounts == 1 ? "hangs" : "hang") +
         (server.critical ? ", also what the node runs from" : "");
}

// " on the way to SN2P"; nothing of one that is not on a way.
std::string way(const NodeStatus& node) {
  return node.on == node.service_node ? "" : " on the way to " + node.service_node;
}

// "on SN1P  PENDING on the way to SN2P  by T13". A node in quarantine can't be right any more,
// whatever its verdict was.
std::string place_text(const NodeStatus& node) {
  std::string text = "on " + node.on;
  if (node.notice.is(FactCode::quarantine_notice)) {
    text += "  QUARANTINE";
  } else if (node.verdict != Verdict::none) {
    text += "  " + upper(to_string(node.verdict)) + way(node);
  }
  return text + (node.takeover.empty() ? "" : "  by " + node.takeover);
}

// What is wrong with a node: each thing with its weight, the worst is the heaviest.
struct Trouble {
  uint32_t weight = 0;
  std::string text;
  Cure cure;
};

// Above them service nodes, below them what only needs to be known.
uint32_t weight_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::failed:
      return 80;
    case Verdict::blocked:
      return 70;
    case Verdict::held:
      return 60;
    case Verdict::partly:
      return 50;
    default:
      return 40;
  }
}

uint32_t weight_of_notice(const Fact& notice) {
  switch (notice.code()) {
    case FactCode::quarantine_notice:
      return 90;
    case FactCode::stranded:
      return 65;
    case FactCode::names_again:
      return 45;
    case FactCode::drift_notice:
      return 35;
    default:
      return 20;
  }
}

void add_server_troubles(std::vector<Trouble>& troubles, const NodeStatus& node) {
  for (const auto& server : node.servers) {
    const std::string name = "NFS server " + server_text(server);
    if (server.state == ServerState::slow) {
      troubles.push_back({15, name + " answers slowly",
                          Cure(CureCode::see_load_and_network, {.address = server.address})});
    } else if (server.state == ServerState::silent) {
      const bool own = server.owner == node.on;
      const uint32_t weight = server.mounts == 0 ? 10 : server.critical ? 85 : 55;
      troubles.push_back({weight, name + " is SILENT" + consequence_text(server),
                          own ? Cure(CureCode::takeover, {.sn = server.owner})
                              : Cure(CureCode::bring_server_back, {.address = server.address})});
    }
  }
}

// Worst first. None: it is fine.
std::vector<Trouble> troubles_of(const NodeStatus& node, const StatusAnswer& status) {
  std::vector<Trouble> troubles;
  const std::string away = absence(node, status);
  const Cure look(node.ever_seen ? CureCode::is_it_on : CureCode::is_it_enrolled,
                  {.nodes = {node.node}});
  if (node.verdict != Verdict::none && node.verdict != Verdict::verified) {
    std::string text = "on " + node.on + ", " + std::string(to_string(node.verdict)) + way(node);
    if (!node.reason.empty()) text += ": " + text_of(node.reason);
    if (!away.empty()) text += "; " + away;
    if (!node.busy.empty()) text += "; now: " + text_of(node.busy);
    Cure cure = node.cure;
    if (cure.empty() && node.verdict == Verdict::pending) {
      if (!node.connected) text += ", moves when it connects";
      cure = node.connected
                 ? Cure(CureCode::watch, {.takeover = takeover_number(node.takeover).value_or(0)})
                 : look;
    }
    troubles.push_back({weight_of(node.verdict), std::move(text), std::move(cure)});
  } else if (!away.empty()) {
    troubles.push_back({30, away, is_reconnecting(node, status) ? Cure() : look});
  }
  if (!node.notice.empty()) {
    troubles.push_back({weight_of_notice(node.notice), text_of(node.notice), node.notice_cure});
  }
  if (node.connected) add_server_troubles(troubles, node);  // else it is no news
  std::stable_sort(troubles.begin(), troubles.end(),
                   [](const Trouble& a, const Trouble& b) { return a.weight > b.weight; });
  return troubles;
}

// All that is wrong with one node is one row.
void add_node(Folded& folded, const NodeStatus& node, const StatusAnswer& status) {
  const auto troubles = troubles_of(node, status);
  if (troubles.empty()) return;
  Row row;
  row.weight = troubles.front().weight;
  row.left_over = node.verdict == Verdict::held || node.verdict == Verdict::failed ||
                  node.verdict == Verdict::blocked;
  for (const auto& trouble : troubles) {
    row.text += (row.text.empty() ? "" : "; ") + trouble.text;
    const bool told =
        std::find(row.cures.begin(), row.cures.end(), trouble.cure) != row.cures.end();
    if (!trouble.cure.empty() && !told) row.cures.push_back(trouble.cure);
  }
  folded.add(node.node, std::move(row));
}

std::string seen_text(const SeenServer& server, int64_t now) {
  const bool fine = server.state == ServerState::answering || server.state == ServerState::unknown;
  const std::string state(to_string(server.state));
  std::string text = server_text(server) + " " + (fine ? state : upper(state));
  if (server.state != ServerState::unknown) {
    text += " since " + moment_text(server.since_unix_ms, now);
  }
  text += ", " + counted(server.mounts, "mount") + (server.critical ? ", critical" : "");
  if (!server.evidence.empty()) text += ": " + server.evidence;
  if (!server.unanswered.empty()) text += "; " + server.unanswered;
  return text;
}

std::string troubles_text(const Folded& folded) {
  std::string text;
  for (const auto& entry : folded.entries()) {
    text += wrap(" ", fold_some_nodes(entry.nodes) + "  " + entry.text, 4);
    text += cure_lines(4, entry.cures);
  }
  return text;
}

// Nothing else can be done about anything until there is room.
constexpr uint32_t kFullWeight = 300;
constexpr uint32_t kSilentWeight = 200;
// Marked failed and silent: that is known, and its nodes are what is to be looked after.
constexpr uint32_t kLeftWeight = 100;

Row full_row(const Disk& disk) {
  return {"is full: " + std::to_string(disk.free_mib) + " of " + std::to_string(disk.wanted_mib) +
              " MiB free; no takeover begins",
          {Cure(CureCode::free_disk, {.place = disk.place})},
          kFullWeight};
}

std::string frozen_text(const StatusAnswer& status) {
  if (!status.freeze.frozen) return "not frozen";
  return "FROZEN since " + moment_text(status.freeze.since_unix_ms, status.now_unix_ms) + " by " +
         status.freeze.by + ": no node will be changed. Go on: " + unbroken("snctl thaw");
}

std::string paths_text(const StatusAnswer& status) {
  std::map<std::string, size_t> paths = status.plain_paths;
  size_t none = 0;
  for (const auto& node : status.nodes) {
    if (node.connected) {
      ++paths[node.path];
    } else {
      ++none;
    }
  }
  std::string text;
  for (const auto& [path, count] : paths) {
    text += (text.empty() ? "" : ", ") + path + " " + std::to_string(count);
  }
  text += (text.empty() ? "" : ", ") + std::string("not connected ") + std::to_string(none);
  return wrap("PATH  ", text, 6);
}

// As it stands now: its exit code was another one when it ended, if late nodes moved since.
std::string last_text(const TakeoverSummary& last) {
  std::string text = last.header.id() + " " + last.header.from + " -> ";
  for (size_t i = 0; i < last.targets.size(); ++i) text += (i > 0 ? "," : "") + last.targets[i];
  const auto count = [&](Verdict verdict) {
    const auto found = last.counts.find(verdict);
    return found == last.counts.end() ? 0 : found->second;
  };
  text += "  " + std::to_string(count(Verdict::verified)) + " of " + std::to_string(last.nodes) +
          " verified";
  for (const Verdict verdict :
       {Verdict::partly, Verdict::blocked, Verdict::failed, Verdict::pending, Verdict::held}) {
    if (count(verdict) == 0) continue;
    text += ", " + std::to_string(count(verdict)) + " " + std::string(to_string(verdict));
  }
  const TakeoverState state = last.header.state;
  if (state == TakeoverState::stopped || state == TakeoverState::aborted) {
    text += ", " + upper(to_string(state));
  }
  if (state == TakeoverState::running) text += ", running: snctl watch " + last.header.id();
  return wrap("LAST  ", text, 6);
}

std::string mounts_table(const std::vector<NfsMount>& mounts) {
  if (mounts.empty()) return {};
  std::vector<std::vector<std::string>> rows = {
      {"MOUNT", "FROM", "SERVER", "NFS", "", "NEEDED FOR"}};
  std::string upon;
  for (const auto& mount : mounts) {
    const std::string server =
        mount.owner.empty() ? mount.address : mount.owner + " " + mount.address;
    rows.push_back({mount.place, mount.source.substr(mount.source.find(":/") + 1), server,
                    mount.version, mount.read_only ? "ro" : "rw", text_of(mount.critical)});
    for (const auto& hanging : mount.upon) {
      upon += wrap("  upon " + mount.place + "  ", hanging, 4);
    }
  }
  return table(rows, {false, false, false, false, false, false}) + upon;
}

std::string node_screen(const NodeStatus& node, const StatusAnswer& status) {
  const int64_t now = status.now_unix_ms;
  std::string text = wrap(node.node + "  ", place_text(node), 4);
  std::string observed;
  for (const auto& binding : node.bindings) {
    observed += (observed.empty() ? "" : ", ") + binding.service_node + " " +
                std::to_string(binding.references);
  }
  text += "  references it reports: " + (observed.empty() ? "none" : observed) + "\n";
  if (node.connected) {
    text += "  connected over " + node.path + ", " + node.mode + " mode, snagentd " + node.version +
            ", heard " + clock_text(node.seen_unix_ms) + "\n";
  }
  if (!node.busy.empty()) text += wrap("  now: ", text_of(node.busy), 7);
  text += mounts_table(node.mounts);
  for (const auto& server : node.servers) text += wrap("  NFS ", seen_text(server, now), 6);
  if (!node.acknowledged.empty()) text += wrap("  ", text_of(node.acknowledged), 4);
  for (const auto& trouble : troubles_of(node, status)) {
    text += wrap("  ", trouble.text, 4) + cure_lines(4, trouble.cure);
  }
  return text;
}

Folded not_fine(const StatusAnswer& status) {
  Folded folded;
  if (status.disk.full) folded.add(status.disk.place, full_row(status.disk));
  // Service nodes first: what ails their nodes follows from it.
  for (const auto& sn : status.service_nodes) {
    if (is_fine(sn)) continue;
    const bool left = sn.record.state != ServiceNodeState::up && !shows_life(sn.life.life);
    folded.add(sn.record.name, {trouble_text(sn, status.now_unix_ms),
                                {trouble_cure(sn)},
                                left ? kLeftWeight : kSilentWeight});
  }
  for (const auto& node : status.nodes) add_node(folded, node, status);
  return folded;
}

}  // namespace

bool all_fine(const StatusAnswer& status) { return not_fine(status).empty(); }

std::string status_screen(const StatusAnswer& status) {
  const int64_t now = status.now_unix_ms;
  std::string text = wrap("",
                          clock_text(now) + "  coordinator up " +
                              duration_text(std::max<int64_t>(now - status.up_since_unix_ms, 0)) +
                              ", " + frozen_text(status),
                          4);
  std::vector<const ServiceNodeStatus*> list;
  for (const auto& sn : status.service_nodes) list.push_back(&sn);
  text += service_node_table(list, now);
  text += nfs_servers_text(status.nfs_servers, now);
  const Folded folded = not_fine(status);
  text += folded.empty() ? "All " + counted(status.nodes.size() + status.plain, "node") + " fine\n"
                         : "NOT FINE\n" + troubles_text(folded);
  text += paths_text(status);
  if (status.last) text += last_text(*status.last);
  return text;
}

std::string status_of_screen(const StatusAnswer& status, const std::string& name) {
  for (const auto& node : status.nodes) {
    if (node.node == name) return node_screen(node, status);
  }
  for (const auto& sn : status.service_nodes) {
    if (sn.record.name != name) continue;
    std::string text = service_node_table({&sn}, status.now_unix_ms);
    Folded folded;
    std::vector<std::string> members;
    for (const auto& node : status.nodes) {
      if (node.service_node != name && node.on != name) continue;
      if (node.on == name) members.push_back(node.node);
      add_node(folded, node, status);
    }
    if (width_of(name) > kMaxName) text += name + "\n";
    if (!members.empty()) text += wrap("NODES  ", fold_node_list(members), 7);
    if (!is_fine(sn)) {
      text += wrap("", trouble_text(sn, status.now_unix_ms), 4);
      text += cure_lines(4, trouble_cure(sn));
    }
    return text + (folded.empty() ? "" : "NOT FINE\n" + troubles_text(folded));
  }
  return {};
}

}  // namespace sn::coordinator
