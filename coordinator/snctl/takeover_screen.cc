#include <algorithm>
#include <set>

#include "common/facts/node_fold.h"
#include "common/facts/some_nodes.h"
#include "common/facts/text.h"
#include "coordinator/snctl/cure_lines.h"
#include "coordinator/snctl/folded.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

namespace {

constexpr Verdict kOrder[] = {Verdict::verified, Verdict::partly, Verdict::blocked, Verdict::failed,
                              Verdict::pending,  Verdict::held,   Verdict::none};
constexpr size_t kBarWidth = 32;
constexpr size_t kLeastBarWidth = 8;

bool has_spoken(const TakeoverPart& node) { return node.outcome.verdict != Verdict::none; }

std::string verdict_label(Verdict verdict, size_t count) {
  return left(upper(to_string(verdict)), 8) + right(std::to_string(count), 5) + " ";
}

// " in 41 known places", " in 38-41 known places" of several nodes; where none has said how many:
// nothing.
class Places {
 public:
  Places() = default;
  Places(uint32_t least, uint32_t most) : least_(least), most_(most) {}

  void add(uint32_t places) {
    if (places == 0) return;
    least_ = most_ == 0 ? places : std::min(least_, places);
    most_ = std::max(most_, places);
  }
  [[nodiscard]] std::string text() const {
    if (most_ == 0) return {};
    return " in " + (least_ == most_ ? "" : std::to_string(least_) + "-") + std::to_string(most_) +
           " known places";
  }

 private:
  uint32_t least_ = 0, most_ = 0;
};

// All of them are `snctl show T17 --nodes`.
std::string some_nodes(const ShownTakeover& takeover, const std::vector<std::string>& nodes) {
  std::string text = fold_some_nodes(nodes);
  if (text.size() < fold_node_list(nodes).size()) {
    text += ": " + unbroken("snctl show " + takeover.id() + " --nodes");
  }
  return text;
}

// Verified nodes in one line, with the count that proves it.
std::string verified_line(const ShownTakeover& takeover) {
  const PlainParts& plain = takeover.plain;
  std::vector<std::string> names = plain.nodes;
  uint64_t references = plain.left;
  Places places(plain.least_places, plain.most_places);
  for (const auto& [name, node] : takeover.nodes) {
    if (node.verdict != Verdict::verified) continue;
    names.push_back(name);
    references += node.outcome.left;
    places.add(node.outcome.places);
  }
  if (names.empty()) return {};
  std::sort(names.begin(), names.end());
  const std::string first = verdict_label(Verdict::verified, names.size());
  return wrap(first,
              some_nodes(takeover, names) + "  known references to " + takeover.from +
                  " left: " + std::to_string(references) + places.text(),
              first.size());
}

std::string reason_text(const ShownTakeover& takeover, const TakeoverPart& node) {
  std::string text = text_of(node.reason);
  if (has_spoken(node) && node.outcome.left > 0) {
    // It may have missed a move: then what is left may name a service node of before.
    std::string from;
    for (const auto& name : node.from) from += (from.empty() ? "" : " or ") + name;
    text = "known references to " + (from.empty() ? takeover.from : from) +
           " left: " + std::to_string(node.outcome.left) + (text.empty() ? "" : "; " + text);
  }
  if (node.verdict == Verdict::blocked)
    text += (text.empty() ? "" : "; ") + std::string("untouched");
  if (!text.empty()) return text;
  if (node.verdict != Verdict::pending) return "no reason was given";
  return node.told_unix_ms == 0 ? "not started yet" : "working";
}

// The screen ends with it (endings()).
bool is_told_below(const ShownTakeover& takeover, const Cure& cure) {
  return takeover.state == TakeoverState::stopped &&
         cure == Cure(CureCode::resume_or_abort, {.takeover = takeover.number});
}

// The others: identical reasons folded into one line.
std::string other_lines(const ShownTakeover& takeover, Verdict verdict) {
  Folded folded;
  for (const auto& [name, node] : takeover.nodes) {
    if (node.verdict != verdict) continue;
    Row row{.text = reason_text(takeover, node)};
    if (node.since != 0) row.text += "; now in " + takeover_id(node.since);
    if (!node.cure.empty() && !is_told_below(takeover, node.cure)) row.cures.push_back(node.cure);
    row.left_over = verdict == Verdict::held;
    folded.add(name, std::move(row));
  }
  std::string text;
  for (const auto& entry : folded.entries()) {
    const std::string first = verdict_label(verdict, entry.nodes.size());
    text += wrap(first, some_nodes(takeover, entry.nodes) + "  " + entry.text, first.size());
    text += cure_lines(first.size(), entry.cures);
  }
  return text;
}

std::string totals_line(const ShownTakeover& takeover) {
  uint64_t kept = takeover.plain.kept, boot = takeover.plain.boot_time_only,
           unclaimed = takeover.plain.unclaimed;
  for (const auto& [name, node] : takeover.nodes) {
    kept += node.outcome.kept;
    boot += node.outcome.boot_time_only;
    unclaimed += node.outcome.unclaimed;
  }
  std::string text = "Kept on purpose " + std::to_string(kept) + "   Boot-time only " +
                     std::to_string(boot) + "   Other mentions, not changed " +
                     std::to_string(unclaimed);
  if (unclaimed > 0) text += ": snctl show " + takeover.id() + " --mentions";
  return text + "\n";
}

// The nodes that went first, and how that ended. Only where somebody went after them.
std::string canary_line(const ShownTakeover& takeover) {
  std::vector<std::string> names, worse, held;
  int64_t took_ms = 0;
  for (const auto& [name, node] : takeover.nodes) {
    if (!node.canary) continue;
    names.push_back(name);
    if (node.ended_unix_ms == 0) return {};
    if (!as_planned(node)) worse.push_back(name);
    if (node.verdict == Verdict::held) held.push_back(name);
    took_ms = std::max(took_ms, node.ended_unix_ms - node.told_unix_ms);
  }
  if (names.empty() || names.size() == takeover.size()) return {};
  return wrap("canary  ",
              fold_some_nodes(names) + "  " +
                  (!worse.empty()  ? "NOT as planned: " + fold_some_nodes(worse)
                   : !held.empty() ? "HELD: " + fold_some_nodes(held)
                                   : "as planned") +
                  "  " + duration_text(took_ms),
              8);
}

// Of a failback: who is exactly as before, and who could only be planned from what is.
std::string restored_lines(const ShownTakeover& takeover) {
  if (takeover.undoes == 0) return {};
  std::vector<std::string> exact = takeover.plain.nodes;
  Folded anew;
  for (const auto& [name, node] : takeover.nodes) {
    bool planned_anew = false;
    for (const auto& finding : findings_of(takeover, node)) {
      if (!finding.reason.is(FactCode::planned_from_what_it_is) &&
          !finding.reason.is(FactCode::planned_from_what_is)) {
        continue;
      }
      planned_anew = true;
      anew.add(name, finding_text(finding), {});
    }
    if (node.verdict == Verdict::verified && node.outcome.restored > 0 && !planned_anew) {
      exact.push_back(name);
    }
  }
  std::sort(exact.begin(), exact.end());
  std::string text;
  if (!exact.empty()) {
    text +=
        wrap("EXACTLY AS BEFORE ", std::to_string(exact.size()) + " " + fold_some_nodes(exact), 4);
  }
  for (const auto& entry : anew.entries()) {
    text += wrap(
        "NOT EXACTLY ",
        std::to_string(entry.nodes.size()) + " " + fold_some_nodes(entry.nodes) + "  " + entry.text,
        4);
  }
  return text;
}

// Who did what was confirmed by another plan than the one that was shown.
std::string replanned_line(const ShownTakeover& takeover) {
  std::vector<std::string> names;
  for (const auto& [name, node] : takeover.nodes) {
    const auto& findings = findings_of(takeover, node);
    if (std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
          return finding.reason.is(FactCode::replanned);
        })) {
      names.push_back(name);
    }
  }
  if (names.empty()) return {};
  return wrap("REPLANNED ",
              std::to_string(names.size()) + " " + some_nodes(takeover, names) + "  " +
                  text_of(Fact(FactCode::replanned)),
              4);
}

// The nodes whose ends stopped it, by the facts that say why.
std::set<std::string> stopped_by(const Fact& why) {
  std::set<std::string> nodes;
  for (const Fact* fact = &why; !fact->empty(); fact = &fact->because()) {
    const bool names_them = fact->is(FactCode::canary_ended) ||
                            fact->is(FactCode::canary_not_ended) ||
                            fact->is(FactCode::ended_worse) || fact->is(FactCode::not_ended_after);
    if (!names_them) break;
    nodes.insert(fact->with().nodes.begin(), fact->with().nodes.end());
    if (fact->with().nodes.empty()) nodes.insert(fact->with().node);
  }
  return nodes;
}

// What is left to type.
std::string endings(const TakeoverAnswer& answer) {
  const ShownTakeover& takeover = answer.takeover;
  const std::string id = takeover.id();
  if (takeover.state == TakeoverState::running) return "still running: snctl watch " + id + "\n";
  std::string text;
  if (takeover.state == TakeoverState::stopped) {
    text += wrap("STOPPED  ", text_of(takeover.why), 9);
    const auto culprits = stopped_by(takeover.why);
    if (!culprits.empty() && culprits.size() < takeover.size()) {
      const Cure without(CureCode::resume_without, {.nodes = {culprits.begin(), culprits.end()},
                                                    .takeover = takeover.number});
      text += "Go on without: " + text_of(without) + "\n";
    }
    text += "Go on: snctl resume " + id + "     Give up: snctl abort " + id + "\n";
  } else if (takeover.state == TakeoverState::aborted) {
    text += wrap("ABORTED  ", text_of(takeover.why), 9);
  }
  const bool moved =
      !takeover.plain.nodes.empty() ||
      std::any_of(takeover.nodes.begin(), takeover.nodes.end(), [](const auto& one) {
        return one.second.verdict == Verdict::verified || one.second.verdict == Verdict::partly;
      });
  if (moved && takeover.filed.empty()) text += "Undo: snctl failback " + id + "     ";
  return text + "exit " + std::to_string(answer.exit_code) + "\n";
}

std::string time_line(const ShownTakeover& takeover) {
  if (takeover.finished_unix_ms == 0) return {};
  const TakeoverPart* slowest = nullptr;
  const TakeoverPart* last_told = nullptr;
  const int64_t begun = std::max(takeover.started_unix_ms, takeover.resumed_unix_ms);
  for (const auto& [name, node] : takeover.nodes) {
    if (node.told_unix_ms >= begun &&
        (last_told == nullptr || node.told_unix_ms > last_told->told_unix_ms)) {
      last_told = &node;
    }
    // After a resume only what ran since.
    if (!has_spoken(node) || (node.ended_unix_ms != 0 && node.ended_unix_ms < begun)) continue;
    if (slowest == nullptr || node.outcome.total_us > slowest->outcome.total_us) slowest = &node;
  }
  std::string text = "Took " + duration_text(takeover.finished_unix_ms - begun);
  if (slowest != nullptr) {
    std::string most = "on a node at most " + duration_text(slowest->outcome.total_us / 1000) +
                       " (" + slowest->node;
    if (slowest->outcome.reload_us > 0) {
      most += ", reloads " + duration_text(slowest->outcome.reload_us / 1000);
    }
    text += "   " + unbroken(most + ")");
  }
  // Its time on the node is one thing, its time in the line another.
  if (last_told != nullptr && last_told->told_unix_ms > begun) {
    text += "   " +
            unbroken("last node started after " + duration_text(last_told->told_unix_ms - begun) +
                     " (" + last_told->node + ")");
  }
  return wrap("", text, 5);
}

std::string finding_lines(const Finding& finding) {
  std::string text = wrap("  " + left(to_string(finding.what), 15), finding_text(finding), 17);
  if (!finding.cure.empty()) {
    text += cure_lines(17, finding.cure);
  }
  return text;
}

}  // namespace

std::vector<std::string> terms_of(const TakeoverHeader& takeover) {
  std::vector<std::string> terms;
  if (takeover.undoes == 0 && takeover.terms.planned) terms.emplace_back("planned");
  // He who typed it answers for that.
  if (takeover.fenced) terms.emplace_back("fenced");
  if (takeover.forced) terms.emplace_back("forced");
  if (takeover.terms.strict) terms.emplace_back("strict");
  return terms;
}

std::string takeover_header(const TakeoverSummary& summary) {
  const TakeoverHeader& takeover = summary.header;
  const std::string& id = takeover.id();
  std::string targets;
  for (const auto& name : summary.targets) targets += (targets.empty() ? "" : ",") + name;
  std::string text = id + " " + takeover.from + " -> " + (targets.empty() ? "-" : targets) + "  " +
                     counted(summary.nodes, "node") + "  " + clock_text(takeover.started_unix_ms) +
                     "  by " + takeover.by;
  if (takeover.undoes != 0) {
    text += takeover.back_to.empty() ? "  failback of " + takeover_id(takeover.undoes)
                                     : "  failback to " + takeover.back_to;
  }
  for (const auto& term : terms_of(takeover)) text += "  " + term;
  if (takeover.state == TakeoverState::running) text += "    terminal lost? snctl watch " + id;
  return text + "\n";
}

ProgressAnswer progress_of(const ShownTakeover& takeover) {
  ProgressAnswer progress;
  progress.takeover = takeover.id();
  progress.of = takeover.size();
  progress.done = takeover.plain.nodes.size();
  const int64_t begun = std::max(takeover.started_unix_ms, takeover.resumed_unix_ms);
  int64_t most = -1;
  for (const auto& [name, node] : takeover.nodes) {
    const bool ended = is_final(node.verdict);
    if (ended) ++progress.done;
    if (!ended || node.told_unix_ms == 0 || node.ended_unix_ms < begun) continue;
    const int64_t took = node.ended_unix_ms - node.told_unix_ms;
    if (took <= most) continue;
    most = took;
    progress.slowest = name;
    progress.slowest_told_unix_ms = node.told_unix_ms;
    progress.slowest_ended_unix_ms = node.ended_unix_ms;
  }
  return progress;
}

namespace {

// "slowest cn044 0.31 s", "waiting for cn044 12 s"
std::string slowest_text(const ProgressAnswer& progress, int64_t now_unix_ms) {
  if (progress.slowest.empty()) return {};
  const bool ended = progress.slowest_ended_unix_ms != 0;
  const int64_t until = ended ? progress.slowest_ended_unix_ms : now_unix_ms;
  return (ended ? "  slowest " : "  waiting for ") + progress.slowest + " " +
         duration_text(std::max<int64_t>(until - progress.slowest_told_unix_ms, 0));
}

}  // namespace

std::string progress_line(const ProgressAnswer& progress, int64_t started_unix_ms,
                          int64_t now_unix_ms, size_t columns) {
  std::string before;
  if (!progress.canaries.empty()) {
    constexpr size_t kCanaries = 20;
    before = "canary " + fold_some_nodes(progress.canaries, kCanaries) + "  ";
  }
  std::string after = " " + std::to_string(progress.done) + "/" + std::to_string(progress.of) +
                      "  " + duration_text(std::max<int64_t>(now_unix_ms - started_unix_ms, 0));
  if (progress.delayed > 0) {
    after += "  " + progress.delayed_node + " " + text_of(progress.delay);
    if (progress.delayed > 1) after += ", " + std::to_string(progress.delayed - 1) + " more";
  } else {
    after += slowest_text(progress, now_unix_ms);
  }
  if (progress.offline > 0) {
    after += "  " + std::to_string(progress.offline) +
             (progress.offline == 1 ? " is down, not waited for" : " are down, not waited for");
  }
  // The bar takes what the words leave.
  const size_t words = width_of(before) + width_of(after) + 2;
  const size_t room = columns > words ? columns - words : 0;
  const size_t width = std::clamp(room, kLeastBarWidth, kBarWidth);
  const size_t of = std::max<size_t>(progress.of, 1);
  const size_t filled = std::min(width, progress.done * width / of);
  return cut(plain_line(before + "[" + std::string(filled, '#') + std::string(width - filled, '.') +
                        "]" + after),
             columns);
}

std::string takeover_screen(const TakeoverAnswer& answer) {
  const ShownTakeover& takeover = answer.takeover;
  std::string text = canary_line(takeover);
  for (const Verdict verdict : kOrder) {
    text += verdict == Verdict::verified ? verified_line(takeover) : other_lines(takeover, verdict);
  }
  text += strays_text(takeover.from, takeover.strays, "; it was not moved") +
          restored_lines(takeover) + replanned_line(takeover) + totals_line(takeover) +
          time_line(takeover);
  if (answer.frozen) text += "FROZEN: no node will be changed. Go on: snctl thaw\n";
  return text + endings(answer);
}

std::string takeover_node_screen(const ShownTakeover& takeover, const std::string& name) {
  const auto found = takeover.nodes.find(name);
  if (found == takeover.nodes.end()) return {};
  const TakeoverPart& node = found->second;
  std::string from;
  for (const auto& sn : node.from) from += (from.empty() ? "" : ",") + sn;
  std::string text = name + "  " + upper(to_string(node.verdict)) + "  " +
                     (from.empty() ? node.previous : from) + " -> " +
                     (node.to.empty() ? "-" : node.to) + (node.canary ? "  canary" : "") + "\n";
  if (!node.reason.empty()) text += wrap("  ", text_of(node.reason), 2);
  text += cure_lines(2, node.cure);
  if (has_spoken(node)) {
    Places places;
    places.add(node.outcome.places);
    text += "  known references left: " + std::to_string(node.outcome.left) + places.text() +
            (node.outcome.restored > 0
                 ? "   put back exactly as before: " + std::to_string(node.outcome.restored)
                 : "") +
            "   took " + duration_text(node.outcome.total_us / 1000) + ", of which reloads " +
            duration_text(node.outcome.reload_us / 1000) + "\n";
  }
  if (node.told_unix_ms != 0) {
    text += "  started after " + duration_text(node.told_unix_ms - takeover.started_unix_ms);
    if (node.ended_unix_ms != 0) {
      text += ", took " + duration_text(node.ended_unix_ms - node.told_unix_ms);
    }
    text += "\n";
  }
  for (const auto& line : node.log) {
    text += wrap("  " + date_text(line.unix_ms) + "  ", text_of(line.what), 29);
  }
  if (node.outcome.as_planned) {
    text += "  as planned for group " + node.group + ", whose first node was to change:\n";
  }
  for (const auto& change : changes_of(takeover, node)) {
    text += "  " + change.path + (change.line > 0 ? ":" + std::to_string(change.line) : "") + "\n";
    if (!change.before.empty()) text += "    - " + change.before + "\n";
    if (!change.after.empty()) text += "    + " + change.after + "\n";
  }
  for (const auto& finding : findings_of(takeover, node)) text += finding_lines(finding);
  return text;
}

std::string takeover_nodes_screen(const ShownTakeover& takeover) {
  std::vector<std::vector<std::string>> rows = {{"NODE", "VERDICT", "FROM", "TO"}};
  for (const auto& [name, node] : takeover.nodes) {
    rows.push_back({name, upper(to_string(node.verdict)),
                    node.previous.empty() ? "-" : node.previous, node.to.empty() ? "-" : node.to});
  }
  return table(rows, {false, false, false, false});
}

std::string mentions_screen(const ShownTakeover& takeover) {
  std::string text;
  for (const FindingClass what : {FindingClass::unclaimed, FindingClass::boot_time_only,
                                  FindingClass::returns, FindingClass::kept}) {
    Folded folded;
    for (const auto& [name, node] : takeover.nodes) {
      for (const auto& finding : findings_of(takeover, node)) {
        if (finding.what == what) folded.add(name, finding_text(finding), {});
      }
    }
    for (const auto& entry : folded.entries()) {
      text += wrap(left(to_string(what), 15), fold_node_list(entry.nodes) + "  " + entry.text, 15);
    }
  }
  return text.empty() ? "nothing else names " + takeover.from + "\n" : text;
}

}  // namespace sn::coordinator
