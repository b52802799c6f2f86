#include "coordinator/core/takeover/waves.h"

#include "coordinator/core/late_nodes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sn::coordinator {

namespace {

// Nodes that move whole go first, and nodes that will refuse can wait. Nodes that are down are told
// when they connect. After a resume the nodes that ended badly go last: none of them is to be the
// canary of the others again.
size_t rank_of(const Assignment& part) {
  static constexpr std::array kOrder{Outlook::whole,  Outlook::partly,  Outlook::nothing,
                                     Outlook::silent, Outlook::blocked, Outlook::down};
  const auto* const found = std::find(kOrder.begin(), kOrder.end(), part.outlook);
  const bool tried_before = part.outcome.verdict != Verdict::none;
  return static_cast<size_t>(found - kOrder.begin()) + (tried_before ? kOrder.size() + 1 : 0);
}

// Only where something is to be changed can a change go wrong.
bool needs_canary(const Takeover& takeover, const Assignment& part) {
  return takeover.waves.canary > 0 &&
         (part.outlook == Outlook::whole || part.outlook == Outlook::partly);
}

}  // namespace

void WaveMaster::step(Now now) {
  put_back_requeued();
  const auto ended = running_.take_settled();
  const auto numbers = running_.numbers();
  const bool all_known = std::all_of(numbers.begin(), numbers.end(),
                                     [&](uint64_t number) { return queues_.contains(number); });
  if (ended.empty() && all_known && !woken_ && !running_.any_overdue(now)) return;
  const bool woken = std::exchange(woken_, false);
  std::map<uint64_t, std::vector<std::string>> by_takeover;
  for (const auto& [number, node] : ended) by_takeover[number].push_back(node);
  for (const uint64_t number : numbers) {
    const auto settled = by_takeover.find(number);
    const bool known = queues_.contains(number);
    if (known && settled == by_takeover.end() && !woken) continue;
    const Takeover& takeover = ledger_.state().takeovers.at(number);
    WaveQueue& queue = queue_of(takeover, now);
    if (takeover.state == TakeoverState::aborted) continue;
    // A queue built just now has already counted these ends.
    if (known && settled != by_takeover.end() &&
        !note_ends(takeover, queue, settled->second, now)) {
      continue;
    }
    if (ledger_.state().freeze.frozen) continue;
    if (woken) {
      // Nodes that were away go before the others: they have waited longest.
      for (auto& node : std::exchange(queue.away, {})) queue.next.push_front(std::move(node));
      vacate_places(takeover, queue, now);
      if (!stays_within_limits(takeover, queue, now)) continue;
    }
    release_canaries(takeover, queue, now);
    if (!queue.unproven.empty()) continue;
    release_window(takeover, queue, now);
    if (queue.next.empty()) release_away(number, queue, now);
  }
  for (const uint64_t number : running_.overdue(now)) end_overdue(number, now);
  for (const uint64_t number : running_.settled_numbers()) end(number, now);
  // A takeover that is resumed begins with a queue built from what is durable.
  std::erase_if(queues_, [&](const auto& queue) { return !running_.runs(queue.first); });
}

void WaveMaster::put_back_requeued() {
  for (const auto& [number, name] : running_.take_requeued()) {
    const auto queue = queues_.find(number);
    if (queue == queues_.end()) continue;  // a queue built later counts it
    const Takeover& takeover = ledger_.state().takeovers.at(number);
    const Assignment& queued = part(takeover, name);
    queue->second.next.push_back(name);
    if (needs_canary(takeover, queued) &&
        queue->second.proven[queued.group] < takeover.waves.canary) {
      queue->second.unproven.insert(queued.group);
    }
    woken_ = true;
  }
}

WaveMaster::WaveQueue& WaveMaster::queue_of(const Takeover& takeover, Now now) {
  const auto [place, fresh] = queues_.try_emplace(takeover.number);
  WaveQueue& queue = place->second;
  if (!fresh) return queue;
  const int64_t since = std::max(takeover.started_unix_ms, takeover.resumed_unix_ms);
  std::vector<const Assignment*> next;
  for (const Assignment* one : parts_of(ledger_.state(), takeover)) {
    if (is_final(one->verdict)) {
      if (as_planned(*one) && one->verdict != Verdict::held) ++queue.proven[one->group];
      const bool left_out = one->reason.is(FactCode::left_out_by);  // at the resume itself
      if (!as_planned(*one) && !left_out && one->ended_unix_ms >= since) {
        queue.failures.insert(one->node);
      }
    } else if (is_next(takeover, one->node)) {
      next.push_back(one);
    } else if (one->outcome.verdict == Verdict::verified) {
      // It arrived once, and was rebooted since: like any late node it is no part of the waves.
      ++queue.proven[one->group];
    } else if (one->told_unix_ms != 0 &&
               present_of(ledger_.state(), takeover.number, one->node) != nullptr) {
      queue.under_way.emplace(one->node, now.monotonic);
    }
  }
  std::stable_sort(next.begin(), next.end(), [](const Assignment* a, const Assignment* b) {
    return rank_of(*a) < rank_of(*b);
  });
  for (const Assignment* one : next) {
    queue.next.push_back(one->node);
    if (needs_canary(takeover, *one) && queue.proven[one->group] < takeover.waves.canary) {
      queue.unproven.insert(one->group);
    }
  }
  return queue;
}

bool WaveMaster::is_next(const Takeover& takeover, const std::string& node) const {
  const Assignment* present = present_of(ledger_.state(), takeover.number, node);
  return present != nullptr && present->state == AssignmentState::queued;
}

const Assignment& WaveMaster::part(const Takeover& takeover, const std::string& node) const {
  return *part_of(ledger_.state(), takeover.number, node);
}

bool WaveMaster::connected(const std::string& node) const {
  const Presence* presence = fleet_.find(node);
  return presence != nullptr && presence->connected();
}

bool WaveMaster::note_ends(const Takeover& takeover, WaveQueue& queue,
                           const std::vector<std::string>& ended, Now now) {
  for (const auto& name : ended) {
    queue.under_way.erase(name);
    queue.hanging.erase(name);
    queue.failures.erase(name);
    const Assignment& end = part(takeover, name);
    if (end.verdict == Verdict::held) continue;
    if (as_planned(end)) {
      ++queue.proven[end.group];
      continue;
    }
    queue.failures.insert(name);
    if (end.canary && queue.unproven.contains(end.group) && judges_others(takeover, end)) {
      running_.stop(takeover.number,
                    Fact(FactCode::canary_ended,
                         {.node = name, .value = std::string(to_string(end.verdict))}, end.reason),
                    RunningTakeovers::Told::to_be_waited_for, now);
      return false;
    }
  }
  return stays_within_limits(takeover, queue, now);
}

// A node that was not touched tells nothing of a move: another one of its group becomes the canary.
// Nor does one that is alone in its group: there is nobody like it. Both count as failures.
bool WaveMaster::judges_others(const Takeover& takeover, const Assignment& canary) const {
  if (canary.verdict == Verdict::blocked) return false;
  const auto parts = parts_of(ledger_.state(), takeover);
  return std::count_if(parts.begin(), parts.end(),
                       [&](const Assignment* one) { return one->group == canary.group; }) > 1;
}

// Nobody has seen a plan of these nodes, that were silent or down: until one of them ended well
// they go one at a time.
bool WaveMaster::goes_singly(const Takeover& takeover, const WaveQueue& queue,
                             const Assignment& next) const {
  if (!has_no_plan(next) || takeover.waves.canary == 0) return false;
  const auto proven = queue.proven.find(next.group);
  if (proven != queue.proven.end() && proven->second >= takeover.waves.canary) return false;
  return std::any_of(queue.under_way.begin(), queue.under_way.end(), [&](const auto& told) {
    return part(takeover, told.first).group == next.group;
  });
}

void WaveMaster::vacate_places(const Takeover& takeover, WaveQueue& queue, Now now) {
  std::erase_if(queue.under_way, [&](const auto& told) {
    const auto& [node, since] = told;
    const bool late = now.monotonic - since > kPlaceMs;
    const bool canary = part(takeover, node).canary;
    const Presence* presence = fleet_.find(node);
    // A node that waits for its own scripts, however long, is no sign of trouble. If it is a canary
    // everybody waits for it, so another node of its group becomes the canary.
    if (presence != nullptr && presence->blocked_by_scripts()) return canary || late;
    // A canary that lives and does not end stops the takeover. A canary that fell silent may be
    // down for any reason: it counts as hanging, and another node goes.
    const bool lives = presence != nullptr && now.monotonic - presence->heard <= kPlaceMs;
    if (!late || (canary && lives)) return false;
    queue.hanging.insert(node);
    return true;
  });
}

bool WaveMaster::stays_within_limits(const Takeover& takeover, WaveQueue& queue, Now now) {
  const uint32_t most = takeover.waves.max_failures;
  if (most == 0 || queue.failures.size() + queue.hanging.size() < most ||
      (queue.next.empty() && queue.away.empty())) {
    return true;
  }
  Fact why;
  if (!queue.hanging.empty()) {
    why = Fact(FactCode::not_ended_after, {.nodes = {queue.hanging.begin(), queue.hanging.end()},
                                           .count = queue.hanging.size(),
                                           .ms = kPlaceMs});
  }
  if (!queue.failures.empty()) {
    why = Fact(
        FactCode::ended_worse,
        {.nodes = {queue.failures.begin(), queue.failures.end()}, .count = queue.failures.size()},
        why);
  }
  running_.stop(takeover.number, std::move(why), RunningTakeovers::Told::to_be_waited_for, now);
  return false;
}

// Releases the canaries of all groups at once; no other node is released until every canary has
// ended as planned. A group none of whose nodes is awaited has no canary: its nodes are told when
// they connect, like all late nodes.
void WaveMaster::release_canaries(const Takeover& takeover, WaveQueue& queue, Now now) {
  if (queue.unproven.empty()) return;
  std::map<std::string, size_t> there = queue.proven;
  for (const auto& [name, told] : queue.under_way) ++there[part(takeover, name).group];
  std::vector<std::string> canaries;
  for (const auto& name : queue.next) {
    const std::string& group = part(takeover, name).group;
    if (!queue.unproven.contains(group) || !connected(name) || !is_next(takeover, name)) continue;
    if (there[group] >= takeover.waves.canary) continue;
    ++there[group];
    canaries.push_back(name);
  }
  for (const auto& name : canaries) {
    std::erase(queue.next, name);
    Assignment canary = part(takeover, name);
    canary.canary = true;
    ledger_.put(std::move(canary));
    queue.under_way.emplace(name, now.monotonic);
    rebinds_.release(name, now);
    running_.extend(takeover.number, now);
  }
  std::set<std::string> open;
  for (const auto& [name, told] : queue.under_way) open.insert(part(takeover, name).group);
  for (const auto& name : queue.next) {
    const std::string& group = part(takeover, name).group;
    if (queue.proven[group] < takeover.waves.canary && running_.waits_for(takeover.number, name)) {
      open.insert(group);
    }
  }
  std::erase_if(queue.unproven, [&](const std::string& group) { return !open.contains(group); });
}

void WaveMaster::release_window(const Takeover& takeover, WaveQueue& queue, Now now) {
  const uint32_t window = takeover.waves.window;
  bool any = false;
  std::deque<std::string> later;
  while (!queue.next.empty() && (window == 0 || queue.under_way.size() < window)) {
    const std::string name = std::move(queue.next.front());
    queue.next.pop_front();
    if (!is_next(takeover, name)) continue;  // decided otherwise meanwhile
    if (goes_singly(takeover, queue, part(takeover, name))) {
      later.push_back(name);
      continue;
    }
    if (!connected(name)) {
      queue.away.push_back(name);
      continue;
    }
    queue.under_way.emplace(name, now.monotonic);
    rebinds_.release(name, now);
    any = true;
  }
  queue.next.insert(queue.next.begin(), later.begin(), later.end());
  if (any) running_.extend(takeover.number, now);
}

// Every connected node was told: nodes that are down are released, and are told whenever they
// connect. A node that was connected a moment ago stays in the queue until it is back.
void WaveMaster::release_away(uint64_t number, WaveQueue& queue, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  for (auto& name : std::exchange(queue.away, {})) {
    if (!is_next(takeover, name)) continue;
    if (running_.waits_for(number, name)) {
      queue.away.push_back(std::move(name));
    } else {
      rebinds_.release(name, now);
    }
  }
}

// The takeover has waited long enough for the nodes that were told last. If no other node is to be
// told it is over, and the late nodes converge by themselves; else a person has to look.
void WaveMaster::end_overdue(uint64_t number, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  if (takeover.state == TakeoverState::aborted) return running_.finish(number, now);
  WaveQueue& queue = queue_of(takeover, now);
  const auto waits = [&](const std::string& node) { return is_next(takeover, node); };
  const auto waits_here = [&](const std::string& node) { return waits(node) && connected(node); };
  const bool canary_hangs = !queue.unproven.empty() && !queue.under_way.empty() &&
                            std::any_of(queue.next.begin(), queue.next.end(), waits);
  if (canary_hangs || std::any_of(queue.next.begin(), queue.next.end(), waits_here) ||
      std::any_of(queue.away.begin(), queue.away.end(), waits_here)) {
    running_.stop(number, why_overdue(takeover, queue, now), RunningTakeovers::Told::waited, now);
    return;
  }
  end(number, now);
}

// No queued node is connected: queued nodes are told when they connect, like all late nodes.
void WaveMaster::end(uint64_t number, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  std::vector<std::string> left;
  for (const auto& name : takeover.nodes) {
    if (is_next(takeover, name)) left.push_back(name);
  }
  for (const auto& name : left) rebinds_.release(name, now);
  running_.finish(number, now);
}

Fact WaveMaster::why_overdue(const Takeover& takeover, const WaveQueue& queue, Now now) const {
  const uint64_t waited_ms = takeover.timeout_ms;
  if (ledger_.state().freeze.frozen) return Fact(FactCode::frozen_for, {.ms = waited_ms});
  std::vector<std::string> names;
  for (const auto& [name, told] : queue.under_way) names.push_back(name);
  if (names.empty()) return Fact(FactCode::nobody_told_for, {.ms = waited_ms});
  const Presence* presence = fleet_.find(names.front());
  const Fact at = presence == nullptr ? Fact() : presence->at_work(now.monotonic);
  return Fact(queue.unproven.empty() ? FactCode::no_end_of : FactCode::canary_not_ended,
              {.node = names.front(), .nodes = names, .ms = waited_ms}, at);
}

}  // namespace sn::coordinator
