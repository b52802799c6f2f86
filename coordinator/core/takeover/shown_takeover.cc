#include "coordinator/core/takeover/shown_takeover.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/names.h"

namespace sn::coordinator {

namespace {

TakeoverPart shown_part(const State& state, const Assignment& part) {
  const NodeRecord& node = state.nodes.at(part.node);
  TakeoverPart one{part, node.service_node_before(part)};
  if (const uint64_t now = node.present().takeover; now > part.takeover) {
    one.since = now;
    one.cure = {};  // of this takeover, which has no more to say about it
  }
  return one;
}

bool is_worth_a_line(const Finding& finding) {
  return finding.reason.is(FactCode::replanned) ||
         finding.reason.is(FactCode::planned_from_what_it_is) ||
         finding.reason.is(FactCode::planned_from_what_is);
}

// Nothing of it stands on a screen but what PlainParts adds up, unless it is a record (Records).
bool is_plain(const TakeoverHeader& takeover, const Assignment& part) {
  const auto& findings = part.outcome.findings;
  return part.verdict == Verdict::verified && !part.canary && part.reason.empty() &&
         part.outcome.verdict != Verdict::none &&
         (takeover.undoes == 0 || part.outcome.restored > 0) &&
         std::none_of(findings.begin(), findings.end(), is_worth_a_line);
}

// The first, in the order of their names, that took longest by its own clock, took longest from its
// Rebind to its end, or was told last: screens name them. Since the takeover began or was resumed.
class Records {
 public:
  explicit Records(const TakeoverHeader& takeover)
      : begun_(std::max(takeover.started_unix_ms, takeover.resumed_unix_ms)) {}

  void add(const Assignment& part) {
    if (part.told_unix_ms >= begun_) keep(told_last_, part, part.told_unix_ms);
    if (part.ended_unix_ms != 0 && part.ended_unix_ms < begun_) return;
    if (part.outcome.verdict != Verdict::none) {
      keep(worked_longest_, part, part.outcome.total_us);
    }
    if (is_final(part.verdict) && part.told_unix_ms != 0 && part.ended_unix_ms >= begun_) {
      keep(took_longest_, part, part.ended_unix_ms - part.told_unix_ms);
    }
  }
  [[nodiscard]] bool has(const Assignment& part) const {
    return &part == told_last_.of || &part == worked_longest_.of || &part == took_longest_.of;
  }

 private:
  struct Record {
    const Assignment* of = nullptr;
    int64_t value = 0;
  };
  static void keep(Record& record, const Assignment& part, int64_t value) {
    if (record.of == nullptr || value > record.value) record = {&part, value};
  }

  const int64_t begun_;
  Record told_last_, worked_longest_, took_longest_;
};

}  // namespace

void PlainParts::add(const Assignment& part) {
  const wire::Outcome& outcome = part.outcome;
  nodes.push_back(part.node);
  if (!part.to.empty() && !contains(targets, part.to)) targets.push_back(part.to);
  left += outcome.left;
  kept += outcome.kept;
  boot_time_only += outcome.boot_time_only;
  unclaimed += outcome.unclaimed;
  if (outcome.places == 0) return;
  least_places = most_places == 0 ? outcome.places : std::min(least_places, outcome.places);
  most_places = std::max(most_places, outcome.places);
}

ShownTakeover shown_takeover(const State& state, const Takeover& takeover) {
  ShownTakeover shown{takeover.header(), {}, {}};
  for (const Assignment* part : parts_of(state, takeover)) {
    shown.nodes.emplace_hint(shown.nodes.end(), part->node, shown_part(state, *part));
  }
  return shown;
}

ShownTakeover brief_takeover(const State& state, const Takeover& takeover) {
  ShownTakeover shown;
  static_cast<TakeoverHeader&>(shown) = takeover.header();
  shown.plans = {};
  const auto parts = parts_of(state, takeover);
  Records records(takeover);
  for (const Assignment* part : parts) records.add(*part);
  for (const Assignment* part : parts) {
    if (is_plain(takeover, *part) && !records.has(*part)) {
      shown.plain.add(*part);
    } else {
      shown.nodes.emplace_hint(shown.nodes.end(), part->node, shown_part(state, *part));
    }
  }
  return shown;
}

ShownTakeover made_brief(ShownTakeover takeover) {
  Records records(takeover);
  for (const auto& [name, part] : takeover.nodes) records.add(part);
  for (auto one = takeover.nodes.begin(); one != takeover.nodes.end();) {
    if (is_plain(takeover, one->second) && !records.has(one->second)) {
      takeover.plain.add(one->second);
      one = takeover.nodes.erase(one);
    } else {
      ++one;
    }
  }
  takeover.plans = {};
  return takeover;
}

}  // namespace sn::coordinator
