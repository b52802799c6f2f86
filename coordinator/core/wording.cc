#include "coordinator/core/wording.h"

#include <map>

#include "common/facts/node_fold.h"

namespace sn::coordinator::wording {

namespace {

std::string named(const std::vector<std::string>& nodes) {
  return counted(nodes.size(), "node") + " (" + fold_node_list(nodes) + ")";
}

}  // namespace

std::string coordinator_started(size_t nodes, size_t service_nodes) {
  return std::to_string(nodes) + " nodes, " + std::to_string(service_nodes) + " service nodes";
}

std::string connected(const wire::Hello& hello) { return "over " + hello.path + ", " + hello.mode; }

std::string lost() { return "no beat, or its connection broke"; }

std::string claims_to_be(const std::string& node) { return "its key claims to be " + node; }

std::string speaks_protocol(uint32_t protocol) {
  return "it speaks protocol " + std::to_string(protocol);
}

std::string reports_generation(uint64_t generation) {
  return "it reports order " + std::to_string(generation) + ", which never came from here";
}

std::string told(const Assignment& assignment) {
  return join(assignment.from) + " -> " + assignment.to;
}

std::string rebooted_and_names(const std::vector<std::string>& service_nodes) {
  return "it was rebooted and names " + join(service_nodes) + " again";
}

std::string verdict(const Assignment& assignment, const std::string& service_node) {
  const size_t changes = assignment.outcome.changed;
  return (assignment.reason.empty() ? "on " + service_node : text_of(assignment.reason)) +
         (changes == 0 ? "" : ", " + counted(changes, "change"));
}

std::string mount(const NfsMount& mount) {
  return mount.place + " " + mount.source + " (" + mount.address + ")";
}

std::string by(const std::string& who) { return "by " + who; }
std::string up_by(const std::string& who) { return "up, by " + who; }
std::string up_by_failback() { return "up, failback to it"; }

std::string life(const LifeStatus& status) {
  std::string text = std::to_string(status.alive_by) + " of " + counted(status.asked, "node") +
                     ", MN " + (shows_life(status.here) ? "yes" : "no");
  if (!status.evidence.empty()) text += ": " + status.evidence;
  if (!status.by.empty()) text += ", says " + status.by;
  if (status.flaps > 1) {
    text += "; silent " + std::to_string(status.flaps) + " times in the last hour";
  }
  return text;
}

std::string answers_again(const std::string& evidence) {
  return "is marked failed and answers again: " + evidence +
         "; its DHCP or NIM server may pull nodes back";
}

std::string started(size_t nodes, const TakeoverHeader& takeover) {
  std::string text = counted(nodes, "node") + ", by " + takeover.by;
  if (takeover.fenced) text += ", who vouches that " + takeover.from + " is off or isolated";
  if (takeover.forced) text += ", forced";
  if (takeover.undoes == 0) return text;
  return text + (takeover.back_to.empty() ? ", failback of " + takeover_id(takeover.undoes)
                                          : ", failback to " + takeover.back_to);
}

std::string resumed(size_t nodes, const std::string& who) {
  return counted(nodes, "node") + ", by " + who;
}

std::string disk(const Disk& disk) {
  return disk.place + ": " + std::to_string(disk.free_mib) + " of " +
         std::to_string(disk.wanted_mib) + " MiB free";
}

std::string exit_code(int code) { return "exit " + std::to_string(code); }

std::string rehearsed(const PlanAnswer& plan) {
  std::map<std::string_view, size_t> counts;
  for (const auto& group : plan.groups) counts[to_string(group.outlook)] += group.nodes.size();
  std::string text = std::to_string(plan.nodes) + " nodes";
  for (const auto& [outlook, count] : counts) {
    text += ", " + std::to_string(count) + " " + std::string(outlook);
  }
  return text;
}

std::string seen(const SeenServer& server) {
  std::string text = (server.owner.empty() ? "" : server.owner + " ") + server.address + " " +
                     std::string(to_string(server.state)) + ": " + server.evidence + "; " +
                     counted(server.mounts, "mount");
  if (server.critical) text += ", critical";
  return text;
}

std::string told_to_look(const std::string& owner, const std::string& address,
                         const std::string& node, size_t nodes_told) {
  return (owner.empty() ? "" : owner + " ") + address + ": " +
         (node.empty() ? "no answer to the coordinator" : node + " has no answer") + "; " +
         std::to_string(nodes_told) + (nodes_told == 1 ? " node is" : " nodes are") +
         " told to look closely";
}

std::string frozen() { return "frozen: no node will be changed"; }

std::string thawed(const std::vector<uint64_t>& stopped) {
  std::string text = "thawed";
  for (const uint64_t number : stopped) {
    text += "; " + takeover_id(number) + " stays stopped until snctl resume " + takeover_id(number);
  }
  return text;
}

std::string mended(const std::vector<std::string>& nodes) {
  if (nodes.empty()) return "mended: orders are counted by the clock again";
  return "mended: orders are counted by the clock again. " + fold_node_list(nodes) +
         " had heard of the old count and obey no order until, on each, "
         "/run/snagent/generation and /var/lib/snagent/generation are removed and snagentd is "
         "restarted";
}

std::string marked_up(const std::string& service_node, bool silent,
                      const std::vector<std::string>& held, const std::vector<uint64_t>& stopped) {
  std::string text = service_node + ": cleared";
  if (silent) text += " (it did not answer when it was last looked at)";
  if (!held.empty()) {
    text += "; " + counted(held.size(), "node") + (held.size() == 1 ? " waits" : " wait") +
            " for a decision: " + fold_node_list(held);
  }
  for (const uint64_t number : stopped) {
    text += "; " + takeover_id(number) + " was stopped with nodes that still wait: snctl abort " +
            takeover_id(number);
  }
  return text;
}

std::string aborted(const TakeoverHeader& takeover, const std::vector<std::string>& untold,
                    const std::vector<std::string>& told, const std::vector<std::string>& held,
                    const std::vector<ServiceNodeRecord>& marked) {
  std::string text = takeover.id() + " is aborted: no other node is told.";
  if (!untold.empty()) text += " Untouched, still where they were: " + named(untold) + ".";
  if (!told.empty()) text += " Told before, and finishing: " + named(told) + ".";
  if (!held.empty()) text += " Held, see snctl status: " + named(held) + ".";
  for (const auto& record : marked) {
    text += " " + record.name + " stays marked " + std::string(to_string(record.state)) +
            " (snctl sn clear " + record.name + ").";
  }
  return text + " What was moved goes back by: snctl failback " + takeover.id();
}

std::string nothing_to_do(const std::string& from, const std::vector<std::string>& already) {
  const std::string count = std::to_string(already.size());
  return "nothing to do: " + count + " of " + count + " nodes of " + from +
         " are already verified elsewhere: " + fold_node_list(already);
}

std::string acknowledged(const std::vector<std::string>& nodes) {
  return "acknowledged: " + fold_node_list(nodes) + "; another drift is shown again";
}
std::string in_no_quarantine(const std::string& node) { return node + " is not in quarantine"; }
std::string out_of_quarantine(const std::string& node) { return node + " is out of quarantine"; }
std::string enrolled(const std::string& node, size_t retired) {
  return "enrolled " + node + (retired == 0 ? "" : "; the key that it had is good no more");
}

std::string key_added(const std::string& key, const std::string& how) { return key + " " + how; }
std::string more_knocks(uint64_t count) {
  return counted(count, "knock") + " more were not said: snctl keys pending";
}
std::string accepted(const std::vector<std::string>& nodes) {
  return "enrolled " + fold_node_list(nodes);
}
std::string rejected(size_t keys, const std::vector<std::string>& nodes) {
  return "rejected " + counted(keys, "key") + " of " + fold_node_list(nodes);
}

std::string may_subscribe(const std::string& name, bool had_one, bool over_tcp) {
  return name + " may subscribe" + (had_one ? "; the key that it had is good no more" : "") +
         (over_tcp ? "" : "; the feed is not served over TCP yet (feed in sncoordd.toml)");
}
std::string may_not_subscribe(const std::string& name) { return name + " may subscribe no more"; }

std::string over_budget(uint64_t frames, uint64_t connections) {
  if (frames == 0) {
    return "connects more often than a node has to: " + counted(connections, "connection") +
           " not let in";
  }
  return "says more than a node has to say: " + counted(frames, "frame") +
         " dropped, its connection is closed";
}
std::string revoked(size_t keys, const std::string& node) {
  return "revoked " + counted(keys, "key") + " of " + node;
}

}  // namespace sn::coordinator::wording
