#include "coordinator/core/takeover/waves.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sn::coordinator {

namespace {

// A node that hangs must not keep its place in the window for ever; it still ends by itself. Five
// times what a node at work is silent between two beats.
constexpr int64_t kPlaceMs = 15'000;

// What moves whole goes first; who will say no can wait. Down nodes are told when they come. After
// a resume those that ended badly go last: none of them is to be the canary of the others again.
size_t rank_of(const TakeoverNode& node) {
  static constexpr std::array kOrder{Outlook::whole,  Outlook::partly,  Outlook::nothing,
                                     Outlook::silent, Outlook::blocked, Outlook::down};
  const auto* const found = std::find(kOrder.begin(), kOrder.end(), node.outlook);
  const bool again = node.outcome.verdict != Verdict::none;
  return static_cast<size_t>(found - kOrder.begin()) + (again ? kOrder.size() + 1 : 0);
}

// Only where something is to be changed can a change go wrong.
bool needs_canary(const Takeover& takeover, const TakeoverNode& node) {
  return takeover.waves.canary > 0 &&
         (node.outlook == Outlook::whole || node.outlook == Outlook::partly);
}

}  // namespace

void WaveMaster::step(Now now) {
  take_back_in_line();
  const auto ended = running_.take_settled();
  const auto numbers = running_.numbers();
  const bool all_known = std::all_of(numbers.begin(), numbers.end(),
                                     [&](uint64_t number) { return lines_.contains(number); });
  if (ended.empty() && all_known && !poked_ && !running_.any_overdue(now)) return;
  const bool poked = std::exchange(poked_, false);
  std::map<uint64_t, std::vector<std::string>> by_takeover;
  for (const auto& [number, node] : ended) by_takeover[number].push_back(node);
  for (const uint64_t number : numbers) {
    const auto settled = by_takeover.find(number);
    const bool known = lines_.contains(number);
    if (known && settled == by_takeover.end() && !poked) continue;
    const Takeover& takeover = ledger_.state().takeovers.at(number);
    Line& line = line_of(takeover, now);
    if (takeover.state == TakeoverState::aborted) continue;
    // A line that is new has read the ends of just now with all others.
    if (known && settled != by_takeover.end() && !note_ends(takeover, line, settled->second, now)) {
      continue;
    }
    if (ledger_.state().freeze.frozen) continue;
    if (poked) {
      // Who came back is next again, before the others: it has waited longest.
      for (auto& node : std::exchange(line.away, {})) line.next.push_front(std::move(node));
      vacate_places(takeover, line, now);
      if (!goes_on(takeover, line, now)) continue;
    }
    release_canaries(takeover, line, now);
    if (!line.unproven.empty()) continue;
    release_window(takeover, line, now);
    if (line.next.empty()) release_away(number, line, now);
  }
  for (const uint64_t number : running_.overdue(now)) end_overdue(number, now);
  for (const uint64_t number : running_.settled_numbers()) end(number, now);
  // One that is resumed begins with what is durable.
  std::erase_if(lines_, [&](const auto& line) { return !running_.runs(line.first); });
}

void WaveMaster::take_back_in_line() {
  for (const auto& [number, name] : running_.take_returned()) {
    const auto line = lines_.find(number);
    if (line == lines_.end()) continue;  // one that is new reads it with all others
    const Takeover& takeover = ledger_.state().takeovers.at(number);
    const TakeoverNode& node = takeover.nodes.at(name);
    line->second.next.push_back(name);
    if (needs_canary(takeover, node) && line->second.proven[node.group] < takeover.waves.canary) {
      line->second.unproven.insert(node.group);
    }
    poked_ = true;
  }
}

WaveMaster::Line& WaveMaster::line_of(const Takeover& takeover, Now now) {
  const auto [place, fresh] = lines_.try_emplace(takeover.number);
  Line& line = place->second;
  if (!fresh) return line;
  const auto& rows = ledger_.state().rows;
  const int64_t since = std::max(takeover.started_unix_ms, takeover.resumed_unix_ms);
  std::vector<const TakeoverNode*> next;
  for (const auto& [name, node] : takeover.nodes) {
    if (is_final(node.verdict)) {
      if (as_planned(node) && node.verdict != Verdict::held) ++line.proven[node.group];
      if (!as_planned(node) && node.ended_unix_ms >= since) line.failures.insert(name);
    } else if (is_next(takeover, name)) {
      next.push_back(&node);
    } else if (node.told_unix_ms != 0 && is_of(rows.at(name), takeover)) {
      line.under_way.emplace(name, now.monotonic);
    }
  }
  std::stable_sort(next.begin(), next.end(), [](const TakeoverNode* a, const TakeoverNode* b) {
    return rank_of(*a) < rank_of(*b);
  });
  for (const auto* node : next) {
    line.next.push_back(node->node);
    if (needs_canary(takeover, *node) && line.proven[node->group] < takeover.waves.canary) {
      line.unproven.insert(node->group);
    }
  }
  return line;
}

bool WaveMaster::is_next(const Takeover& takeover, const std::string& node) const {
  const auto row = ledger_.state().rows.find(node);
  return row != ledger_.state().rows.end() && row->second.state == RowState::waiting &&
         is_of(row->second, takeover);
}

bool WaveMaster::connected(const std::string& node) const {
  const Presence* presence = fleet_.find(node);
  return presence != nullptr && presence->connected();
}

bool WaveMaster::note_ends(const Takeover& takeover, Line& line,
                           const std::vector<std::string>& ended, Now now) {
  for (const auto& name : ended) {
    line.under_way.erase(name);
    line.hanging.erase(name);
    line.failures.erase(name);
    const TakeoverNode& node = takeover.nodes.at(name);
    if (node.verdict == Verdict::held) continue;
    if (as_planned(node)) {
      ++line.proven[node.group];
      continue;
    }
    line.failures.insert(name);
    if (node.canary && line.unproven.contains(node.group)) {
      running_.stop(
          takeover.number,
          Fact(FactCode::canary_ended,
               {.node = name, .value = std::string(to_string(node.verdict))}, node.reason),
          now);
      return false;
    }
  }
  return goes_on(takeover, line, now);
}

void WaveMaster::vacate_places(const Takeover& takeover, Line& line, Now now) {
  std::erase_if(line.under_way, [&](const auto& told) {
    const auto& [node, since] = told;
    const bool late = now.monotonic - since > kPlaceMs;
    const bool canary = takeover.nodes.at(node).canary;
    const Presence* presence = fleet_.find(node);
    // What the node waits for itself, for as long as it takes, is no sign of trouble. All others
    // wait for a canary: another one of its group is it then.
    if (presence != nullptr && presence->blocked_by_scripts()) return canary || late;
    // A canary that lives and does not end stops the takeover. One that fell silent may be down for
    // any reason: it counts, and another one goes.
    const bool lives = presence != nullptr && now.monotonic - presence->heard <= kPlaceMs;
    if (!late || (canary && lives)) return false;
    line.hanging.insert(node);
    return true;
  });
}

bool WaveMaster::goes_on(const Takeover& takeover, Line& line, Now now) {
  const uint32_t most = takeover.waves.max_failures;
  if (most == 0 || line.failures.size() + line.hanging.size() < most ||
      (line.next.empty() && line.away.empty())) {
    return true;
  }
  Fact why;
  if (!line.hanging.empty()) {
    why = Fact(FactCode::not_ended_after, {.nodes = {line.hanging.begin(), line.hanging.end()},
                                           .count = line.hanging.size(),
                                           .ms = kPlaceMs});
  }
  if (!line.failures.empty()) {
    why =
        Fact(FactCode::ended_worse,
             {.nodes = {line.failures.begin(), line.failures.end()}, .count = line.failures.size()},
             why);
  }
  running_.stop(takeover.number, std::move(why), now);
  return false;
}

// Those of all groups together, and nobody else before each of them has ended as planned. A group
// that nobody waits for has no canary: its nodes are told when they come, like all late ones.
void WaveMaster::release_canaries(const Takeover& takeover, Line& line, Now now) {
  if (line.unproven.empty()) return;
  std::map<std::string, size_t> there = line.proven;
  for (const auto& [name, told] : line.under_way) ++there[takeover.nodes.at(name).group];
  std::vector<std::string> canaries;
  for (const auto& name : line.next) {
    const TakeoverNode& node = takeover.nodes.at(name);
    if (!line.unproven.contains(node.group) || !connected(name) || !is_next(takeover, name)) {
      continue;
    }
    if (there[node.group] >= takeover.waves.canary) continue;
    ++there[node.group];
    canaries.push_back(name);
  }
  for (const auto& name : canaries) {
    std::erase(line.next, name);
    TakeoverNode node = takeover.nodes.at(name);
    node.canary = true;
    ledger_.put(takeover.number, std::move(node));
    line.under_way.emplace(name, now.monotonic);
    release(name, now);
    running_.extend(takeover.number, now);
  }
  std::set<std::string> open;
  for (const auto& [name, told] : line.under_way) open.insert(takeover.nodes.at(name).group);
  for (const auto& name : line.next) {
    const std::string& group = takeover.nodes.at(name).group;
    if (line.proven[group] < takeover.waves.canary && running_.waits_for(takeover.number, name)) {
      open.insert(group);
    }
  }
  std::erase_if(line.unproven, [&](const std::string& group) { return !open.contains(group); });
}

void WaveMaster::release_window(const Takeover& takeover, Line& line, Now now) {
  const uint32_t window = takeover.waves.window;
  bool any = false;
  while (!line.next.empty() && (window == 0 || line.under_way.size() < window)) {
    const std::string name = std::move(line.next.front());
    line.next.pop_front();
    if (!is_next(takeover, name)) continue;  // decided otherwise meanwhile
    if (!connected(name)) {
      line.away.push_back(name);
      continue;
    }
    line.under_way.emplace(name, now.monotonic);
    release(name, now);
    any = true;
  }
  if (any) running_.extend(takeover.number, now);
}

// Everybody who is there was told: those who are down may come whenever they do. One that was there
// a moment ago is next again when it is back.
void WaveMaster::release_away(uint64_t number, Line& line, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  for (auto& name : std::exchange(line.away, {})) {
    if (!is_next(takeover, name)) continue;
    if (running_.waits_for(number, name)) {
      line.away.push_back(std::move(name));
    } else {
      release(name, now);
    }
  }
}

void WaveMaster::release(const std::string& node, Now now) {
  Row row = ledger_.state().rows.at(node);
  row.state = RowState::released;
  ledger_.put(std::move(row));
  rebinds_.tell(node, now);
}

// It has waited long enough for those who were told last. If nobody else is to be told it is over,
// and the late ones converge by themselves; else a person has to look.
void WaveMaster::end_overdue(uint64_t number, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  if (takeover.state == TakeoverState::aborted) return running_.finish(number, now);
  Line& line = line_of(takeover, now);
  const auto waits = [&](const std::string& node) { return is_next(takeover, node); };
  const auto waits_here = [&](const std::string& node) { return waits(node) && connected(node); };
  const bool canary_hangs = !line.unproven.empty() && !line.under_way.empty() &&
                            std::any_of(line.next.begin(), line.next.end(), waits);
  if (canary_hangs || std::any_of(line.next.begin(), line.next.end(), waits_here) ||
      std::any_of(line.away.begin(), line.away.end(), waits_here)) {
    running_.stop(number, why_overdue(takeover, line, now), now);
    return;
  }
  end(number, now);
}

// Nobody who waits for a turn is there: they are told when they come, like all late ones.
void WaveMaster::end(uint64_t number, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  std::vector<std::string> left;
  for (const auto& [name, node] : takeover.nodes) {
    if (is_next(takeover, name)) left.push_back(name);
  }
  for (const auto& name : left) release(name, now);
  running_.finish(number, now);
}

Fact WaveMaster::why_overdue(const Takeover& takeover, const Line& line, Now now) const {
  const uint64_t waited_ms = takeover.timeout_ms;
  if (ledger_.state().freeze.frozen) return Fact(FactCode::frozen_for, {.ms = waited_ms});
  std::vector<std::string> names;
  for (const auto& [name, told] : line.under_way) names.push_back(name);
  if (names.empty()) return Fact(FactCode::nobody_told_for, {.ms = waited_ms});
  const Presence* presence = fleet_.find(names.front());
  const Fact at = presence == nullptr ? Fact() : presence->at_work(now.monotonic);
  return Fact(line.unproven.empty() ? FactCode::no_end_of : FactCode::canary_not_ended,
              {.node = names.front(), .nodes = names, .ms = waited_ms}, at);
}

}  // namespace sn::coordinator
