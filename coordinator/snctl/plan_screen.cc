#include <algorithm>
#include <set>

#include "common/facts/some_nodes.h"
#include "common/facts/text.h"
#include "coordinator/snctl/cure_lines.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

// Changes shown of each group; all of them with --group.
constexpr size_t kShortChanges = 3;

// "SN1P is ALIVE: 10.1.1.100:22 connected, says the coordinator; 8 of 8 nodes see it"
std::string seen_text(const PlanAnswer& plan) {
  const Life life = plan.from_life;
  std::string text = plan.from;
  if (life == Life::serves) {
    text += " is ALIVE: ";
  } else if (is_half_dead(life)) {
    text += " is HALF DEAD: it ";
  } else {
    text += life == Life::unasked ? ": not known, " : " silent: ";
  }
  if (shows_life(life)) {
    text += plan.from_sign;
    if (!plan.from_mac.empty()) text += ", from " + plan.from_mac;
    text += ", says " + (plan.from_by.empty() ? std::string("the coordinator") : plan.from_by);
  } else {
    text += "coordinator ";
    text += plan.from_evidence.empty() ? "did not ask" : plan.from_evidence;
  }
  if (plan.from_asked > 0) {
    text += "; answers " + std::to_string(plan.from_seen_alive_by) + " of " +
            counted(plan.from_asked, "node");
  }
  if (!plan.power.empty()) {
    text += "; power: " + plan.power + (plan.off ? ", so none of it counts" : "");
  }
  return text;
}

// What a takeover of it has to be told beside its name.
std::string needed_option(const PlanAnswer& plan) {
  if (plan.planned || plan.fenced || plan.off || !shows_life(plan.from_life)) {
    return plan.planned ? " --planned" : plan.fenced ? " --fenced" : "";
  }
  return is_half_dead(plan.from_life) ? " --fenced" : " --planned";
}

std::string backup_text(const PlanAnswer& plan) {
  const std::string name = plan.to.empty() ? "the backups" : plan.to;
  std::string text =
      name + (plan.to_asked == 0 ? ": no node could be asked"
                                 : " answers " + std::to_string(plan.to_seen_alive_by) + " of " +
                                       counted(plan.to_asked, "node"));
  return text + "; " + counted(plan.to_nodes_now, "node") + " now, " +
         std::to_string(plan.to_nodes_after) + " after";
}

// "53/udp ok  514/udp unknown  2049/tcp SILENT for 3 of 9"
std::string services_text(const PlanAnswer& plan) {
  std::string text;
  for (const auto& ready : plan.to_services) {
    text += (text.empty() ? "" : "  ") + ready.service.to_string() + " ";
    const size_t asked = ready.ok + ready.silent + ready.failing + ready.unknown;
    if (ready.silent > 0) {
      text += "SILENT for " + std::to_string(ready.silent) + " of " + std::to_string(asked);
    } else if (ready.failing > 0) {
      text += "FAILS for " + std::to_string(ready.failing) + " of " + std::to_string(asked);
    } else {
      text += ready.unknown > 0 ? "unknown" : "ok";
    }
  }
  return text;
}

std::string what_moves(const wire::PlanSummary& plan) {
  std::string text = counted(plan.references, "reference");
  if (plan.files > 0) text += " in " + counted(plan.files, "file");
  if (plan.routes > 0) text += ", " + counted(plan.routes, "route");
  if (plan.mounts > 0) text += ", " + counted(plan.mounts, "mount");
  if (plan.restored > 0) text += "; " + std::to_string(plan.restored) + " exactly as before";
  if (!plan.reloads.empty()) {
    text += ", reload";
    for (const auto& name : plan.reloads) text += " " + name;
  }
  return text;
}

bool moves(Outlook outlook) { return outlook == Outlook::whole || outlook == Outlook::partly; }

std::string outlook_word(Outlook outlook) {
  const bool fine = moves(outlook) || outlook == Outlook::nothing;
  return fine ? std::string(to_string(outlook)) : upper(to_string(outlook));
}

// Where a change is made, for people: the line is another one on every node.
std::string spot_of(const PlannedChange& change) { return change.path; }

// "and mount /install from SN2P; not route default": what sets the group apart from the first one,
// which moves the same way. Empty: nothing that the plan shows.
std::string difference(const PlanGroup& group, const PlanGroup& base) {
  const auto spots = [](const PlanGroup& of) {
    std::multiset<std::string> all;
    for (const auto& change : of.plan.changes) all.insert(spot_of(change));
    return all;
  };
  const auto other = spots(base);
  const auto own = spots(group);
  const auto list = [](const std::multiset<std::string>& all,
                       const std::multiset<std::string>& known) {
    std::string text;
    size_t more = 0;
    std::set<std::string> named;
    for (const auto& spot : all) {
      if (known.count(spot) >= all.count(spot) || !named.insert(spot).second) continue;
      constexpr size_t kNamed = 3;
      if (named.size() > kNamed) {
        ++more;
        continue;
      }
      text += (text.empty() ? "" : ", ") + spot;
    }
    return text + (more > 0 ? ", " + std::to_string(more) + " more" : "");
  };
  std::string text;
  if (const std::string more = list(own, other); !more.empty()) text += ", and " + more;
  if (const std::string less = list(other, own); !less.empty()) text += ", but not " + less;
  if (text.empty()) {
    // The same places: the first that is written otherwise.
    for (const auto& change : group.plan.changes) {
      const auto as_there = [&](const PlannedChange& one) {
        return spot_of(one) == spot_of(change) && one.before == change.before &&
               one.after == change.after;
      };
      const auto& there = base.plan.changes;
      if (std::any_of(there.begin(), there.end(), as_there)) continue;
      const std::string& value = change.after.empty() ? change.before : change.after;
      text += ", with " + spot_of(change) + ": " + plain_line(value);
      break;
    }
  }
  if (group.plan.reloads != base.plan.reloads) {
    std::string names;
    for (const auto& name : group.plan.reloads) names += " " + name;
    text += names.empty() ? ", no reload" : ", reload" + names;
  }
  return text;
}

// `base`: the first group, if this is another one that moves. "as A" where the two do the same.
std::string moves_text(const PlanGroup& group, const PlanGroup* base) {
  if (base == nullptr || group.plan.restored != base->plan.restored) {
    return what_moves(group.plan);
  }
  return "as " + base->id + difference(group, *base);
}

// Where a file is not understood.
std::string place_of_trouble(const PlanGroup& group) {
  for (const auto& finding : group.plan.findings) {
    const bool so = finding.what == FindingClass::blocked && finding.reason == group.reason;
    if (so && !finding.place.empty()) return finding.place + " ";
  }
  return {};
}

std::string group_text(const PlanGroup& group, const std::string& common_target,
                       const PlanGroup* base) {
  std::string text = fold_some_nodes(group.nodes) + "  " + outlook_word(group.outlook) + "  ";
  if (!group.to.empty() && group.to != common_target) text += "to " + group.to + "; ";
  if (moves(group.outlook)) {
    text += moves_text(group, base);
    for (const auto& finding : group.plan.findings) {
      if (finding.what == FindingClass::not_in_effect) {
        text += "; " + finding.place + " is not restarted: " + text_of(finding.reason);
      }
      if (finding.what != FindingClass::left) continue;
      text += "; " + finding_text(finding) + ", stays";
    }
    for (const auto& [service, answer] : group.unready) {
      text += "; " + service.to_string() + " of " + group.to +
              (answer == ServiceAnswer::failing ? " fails" : " is silent");
    }
  } else if (group.outlook == Outlook::nothing) {
    text += "no reference to move";
  } else {
    text += place_of_trouble(group) + text_of(group.reason);
    // In observe mode it is shown what would be done, and still nothing is.
    if (group.reason.is(FactCode::would_refuse) && moves(group.plan.outlook)) {
      text += "; in act mode " + outlook_word(group.plan.outlook) + " " + what_moves(group.plan);
    }
    for (const auto& finding : group.plan.findings) {
      if (finding.reason.is(FactCode::nothing_staged_observing)) text += "; nothing was staged";
    }
    if (group.outlook == Outlook::down) text += "; moves when it connects";
  }
  return text;
}

std::string group_line(const PlanGroup& group, const std::string& common_target,
                       const PlanGroup* base = nullptr) {
  const std::string first = left(group.id, 2) + right(std::to_string(group.nodes.size()), 4) + " ";
  std::string lines = wrap(first, group_text(group, common_target, base), first.size());
  const bool stands = group.outlook == Outlook::whole || group.outlook == Outlook::nothing;
  if (!stands && !group.cure.empty()) {
    lines += cure_lines(first.size(), group.cure);
  }
  return lines;
}

std::string place_of(const PlannedChange& change) {
  return change.path + (change.line > 0 ? ":" + std::to_string(change.line) : "");
}

// A value may have several lines (niminfo continuations, rsyslog actions).
std::string diff_lines(const char* mark, const std::string& value, bool whole) {
  if (value.empty()) return {};
  std::string lines;
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find('\n', begin), value.size());
    const std::string line = std::string("     ") + mark + value.substr(begin, end - begin);
    lines += (whole ? line : cut(line, kColumns)) + "\n";
    begin = end + 1;
  }
  return lines;
}

// "snctl failback T17", "snctl failback SN1P"
std::string failback_of(const PlanAnswer& plan) {
  return "snctl failback " + (plan.back_to.empty() ? takeover_id(plan.undoes) : plan.back_to) +
         plan.options;
}

// What this plan was asked for with.
std::string look_of(const PlanAnswer& plan) {
  if (plan.undoes != 0) return failback_of(plan) + " --dry-run";
  return (plan.rehearsed ? "snctl rehearse " : "snctl plan ") + plan.from + plan.options;
}

// `command`: "snctl plan SN1P --to SN3P".
std::string changes_text(const PlanGroup& group, const std::string& command, bool whole) {
  const auto& changes = group.plan.changes;
  std::string text = group.id + " (" + group.nodes.front() + ")\n";
  const size_t shown = whole ? changes.size() : std::min(changes.size(), kShortChanges);
  for (size_t i = 0; i < shown; ++i) {
    text += "   " + place_of(changes[i]) + "\n";
    text += diff_lines("- ", changes[i].before, whole);
    text += diff_lines("+ ", changes[i].after, whole);
  }
  if (shown < changes.size()) {
    text += "   ..." + std::to_string(changes.size() - shown) + " more: " + command + " --group " +
            group.id + "\n";
  }
  return text;
}

std::string findings_text(const PlanGroup& group) {
  std::string text;
  for (const auto& finding : group.plan.findings) {
    text += wrap("   " + left(to_string(finding.what), 15), finding_text(finding), 18);
    if (!finding.cure.empty()) {
      text += cure_lines(18, finding.cure);
    }
  }
  return text;
}

std::string list_of(const std::set<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

// What stays on purpose or by nature, over all groups.
std::string remarks(const PlanAnswer& plan) {
  std::set<std::string> kept, boot, unclaimed;
  for (const auto& group : plan.groups) {
    for (const auto& finding : group.plan.findings) {
      if (finding.what == FindingClass::kept) kept.insert(finding.place);
      if (finding.what == FindingClass::boot_time_only) boot.insert(finding.place);
      if (finding.what == FindingClass::unclaimed) unclaimed.insert(finding.place);
    }
  }
  std::string text;
  if (!kept.empty()) text += wrap("Kept on purpose: ", list_of(kept), 17);
  if (!boot.empty()) text += wrap("Boot-time only: ", list_of(boot), 16);
  if (!unclaimed.empty()) {
    text += wrap("Other mentions, not changed: ", list_of(unclaimed), 29);
  }
  return text;
}

std::string nodes_text(const InHand& other) {
  return std::to_string(other.nodes.size()) + " " + fold_some_nodes(other.nodes);
}

size_t movable(const PlanAnswer& plan) {
  size_t count = 0;
  for (const auto& group : plan.groups) {
    if (moves(group.outlook)) count += group.nodes.size();
  }
  return count;
}

}  // namespace

std::string strays_text(const std::string& from, const std::vector<Stray>& strays,
                        const std::string& ending) {
  std::string text;
  for (const auto& stray : strays) {
    std::string said = "names " + from + " " + counted(stray.references, "time") + ", ";
    if (stray.belongs_to.empty()) {
      said += "and is not in the inventory";
    } else {
      said += "but belongs to ";
      said += stray.belongs_to;
    }
    said += ending;
    text += wrap("STRAY " + stray.node + "  ", said, 6);
  }
  return text;
}

namespace {

std::string diff_text(const PlanAnswer& plan) {
  std::string text;
  const PlanGroup* base = nullptr;
  for (const auto& group : plan.groups) {
    if (group.plan.changes.empty()) continue;
    if (base == nullptr) {
      base = &group;
      text += changes_text(group, look_of(plan), false);
      continue;
    }
    // Of another group what it does otherwise.
    PlanGroup other = group;
    std::erase_if(other.plan.changes, [&](const PlannedChange& change) {
      const auto& there = base->plan.changes;
      return std::find(there.begin(), there.end(), change) != there.end();
    });
    if (!other.plan.changes.empty()) text += changes_text(other, look_of(plan), false);
  }
  return text;
}

// What to type; nothing where nobody would move.
std::string what_to_type(const PlanAnswer& plan) {
  if (plan.asks) return {};
  if (movable(plan) == 0) return "No node would move now.\n";
  if (plan.undoes != 0) return "Do it: " + failback_of(plan) + "\n";
  return "Do it: snctl takeover " + plan.from + plan.options + needed_option(plan) +
         "\nUndo:  snctl failback " + plan.from + "\n";
}

}  // namespace

std::string plan_screen(const PlanAnswer& plan, const std::string& wanted, bool diff) {
  if (!wanted.empty()) {
    for (const auto& group : plan.groups) {
      if (group.id != wanted) continue;
      return group_line(group, plan.to) + changes_text(group, look_of(plan), true) +
             findings_text(group);
    }
    return {};
  }
  std::string text = diff ? diff_text(plan) : "";
  text += (plan.rehearsed ? "REHEARSAL " : "PLAN ") + plan.from + " -> " +
          (plan.to.empty() ? "each node's backup" : plan.to) + "   " + counted(plan.nodes, "node") +
          (plan.planned ? "   planned" : "") +
          (plan.undoes == 0       ? ""
           : plan.back_to.empty() ? "   failback of " + takeover_id(plan.undoes)
                                  : "   failback to " + plan.back_to) +
          (!plan.rehearsed     ? "  "
           : movable(plan) > 0 ? "   staged and taken away again;"
                               : "   nothing was staged;") +
          " nothing has been changed\n";
  if (plan.frozen) text += "FROZEN: a takeover would be refused   snctl thaw\n";
  if (plan.undoes == 0) text += wrap("", seen_text(plan), 5);
  text += wrap("", backup_text(plan), 5);
  if (!plan.to_services.empty()) {
    text += wrap("BACKUP " + (plan.to.empty() ? std::string("services") : plan.to) + "  ",
                 services_text(plan), 5);
  }
  const PlanGroup* base = nullptr;
  for (const auto& group : plan.groups) {
    text += group_line(group, plan.to, base);
    if (base == nullptr && moves(group.outlook)) base = &group;
  }
  if (!plan.left_alone.empty()) {
    text += wrap("LEFT ALONE ",
                 std::to_string(plan.left_alone.size()) + " " + fold_some_nodes(plan.left_alone) +
                     "  back already, or moved on by another takeover since",
                 4);
  }
  for (const auto& other : plan.under_way) {
    text += wrap("UNDER WAY ",
                 nodes_text(other) + "  in " + other.takeover +
                     ", which goes on with them: " + unbroken("snctl watch " + other.takeover),
                 4);
  }
  for (const auto& other : plan.taken_over) {
    text += wrap("TAKEN OVER ",
                 nodes_text(other) + "  " + other.takeover + " is still moving " +
                     (other.nodes.size() == 1 ? "it" : "them"),
                 4);
  }
  return text + strays_text(plan.from, plan.strays, "; it is not moved") + remarks(plan) +
         what_to_type(plan);
}

std::string fence_question(const PlanAnswer& plan) {
  if (plan.undoes != 0 || plan.planned || plan.fenced || plan.off ||
      !is_half_dead(plan.from_life)) {
    return {};
  }
  return wrap("",
              plan.from +
                  " is half dead: what is left of it may still hand out addresses and pull "
                  "nodes back.",
              0) +
         "Do you vouch that it is switched off or isolated? [y/N] ";
}

std::string plan_question(const PlanAnswer& plan) {
  std::string text = "Move " + counted(plan.nodes, "node") + " from " + plan.from + " to " +
                     (plan.to.empty() ? "their backups" : plan.to);
  if (plan.undoes != 0) {
    text = "Move " + counted(plan.nodes, "node") + " back from " + plan.from + " to " +
           (plan.to.empty() ? "where each was" : plan.to) +
           (plan.back_to.empty() ? ", as before " + takeover_id(plan.undoes)
                                 : ", each as before it left " + plan.back_to);
  }
  std::string silent, failing;
  for (const auto& ready : plan.to_services) {
    if (ready.silent + ready.failing == 0) continue;
    std::string& list = ready.silent > 0 ? silent : failing;
    list += (list.empty() ? "" : ", ") + ready.service.to_string();
  }
  std::string lacks = silent.empty() ? "" : " does not answer on " + silent;
  if (!failing.empty()) lacks += (lacks.empty() ? "" : ", and") + (" fails on " + failing);
  if (!lacks.empty() && plan.undoes == 0 && !plan.planned) {
    text = wrap("",
                (plan.to.empty() ? std::string("A backup") : plan.to) + lacks +
                    ": what needs that ends partly, and becomes verified by itself when it "
                    "does within ten minutes.",
                0) +
           text;
  }
  const size_t now = movable(plan);
  if (now != plan.nodes) {
    text += " (" + std::to_string(now) + " now, the others when they can)";
  }
  return text + "? [y/N] ";
}

}  // namespace sn::coordinator
