#include "coordinator/core/takeover/running_takeovers.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sn::coordinator {

namespace {

// Often enough for a bar that moves, seldom enough for a thousand nodes in a second.
constexpr int64_t kProgressMs = 50;

}  // namespace

void RunningTakeovers::resume(Now now) {
  for (const auto& [number, takeover] : ledger_.state().takeovers) {
    if (takeover.state != TakeoverState::running) continue;
    std::set<std::string> waiting;
    for (const auto& [name, node] : takeover.nodes) {
      if (node.verdict == Verdict::pending) waiting.insert(name);
    }
    // All of them reached their verdicts before the daemon ended.
    const bool over = waiting.empty();
    add(takeover, std::move(waiting), now);
    if (over) running_.at(number).deadline = now.monotonic;
  }
  ledger_.forget_old_takeovers();
}

void RunningTakeovers::add(const Takeover& takeover, std::set<std::string> waiting, Now now) {
  Running& running = running_[takeover.number];
  running.deadline = now.monotonic + takeover.timeout_ms;
  running.waiting = std::move(waiting);
}

bool RunningTakeovers::follow(uint64_t number, ClientId client) {
  const auto found = running_.find(number);
  if (found == running_.end()) return false;
  found->second.followers.insert(client);
  return true;
}

void RunningTakeovers::unfollow(ClientId client) {
  for (auto& [number, running] : running_) running.followers.erase(client);
}

TakeoverAnswer RunningTakeovers::answer_of(const Takeover& takeover, Now now) const {
  TakeoverAnswer answer{takeover, ledger_.state().freeze.frozen, exit_code_of(takeover)};
  if (takeover.state != TakeoverState::running) return answer;
  for (auto& [name, node] : answer.takeover.nodes) {
    const Presence* presence = fleet_.find(name);
    if (is_final(node.verdict) || presence == nullptr || presence->busy.empty()) continue;
    node.reason = "now " + presence->at_work(now.monotonic);
  }
  return answer;
}

void RunningTakeovers::settled(uint64_t number, const std::string& node, Now now) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  Running& running = found->second;
  running.waiting.erase(node);
  owe_progress(running, now);
  if (running.progress_due <= now.monotonic) say_progress(number, running, now);
  finish_if_settled(number, now);
}

void RunningTakeovers::finish_if_settled(uint64_t number, Now now) {
  const auto found = running_.find(number);
  if (found != running_.end() && found->second.waiting.empty()) finish(number, now);
}

void RunningTakeovers::wait_again(const Row& row) {
  const Takeover* takeover = takeover_of(ledger_.state(), row);
  if (takeover == nullptr || row.verdict != Verdict::pending) return;
  if (const auto running = running_.find(takeover->number); running != running_.end()) {
    running->second.waiting.insert(row.node);
  }
}

void RunningTakeovers::owe_progress(const std::string& node, Now now) {
  for (auto& [number, running] : running_) {
    if (running.waiting.contains(node)) owe_progress(running, now);
  }
}

void RunningTakeovers::owe_progress(Running& running, Now now) {
  if (running.progress_owed) return;
  running.progress_owed = true;
  running.progress_due = std::max(running.progress_due, now.monotonic);
}

void RunningTakeovers::say_progress(uint64_t number, Running& running, Now now) {
  running.progress_owed = false;
  running.progress_due = now.monotonic + kProgressMs;
  if (running.followers.empty()) return;
  const auto progress = progress_of(ledger_.state().takeovers.at(number), running, now);
  for (const ClientId follower : running.followers) outbox_.reply(follower, progress, false);
}

ProgressAnswer RunningTakeovers::progress_of(const Takeover& takeover, const Running& running,
                                             Now now) const {
  ProgressAnswer progress;
  progress.takeover = takeover.id();
  progress.of = takeover.nodes.size();
  for (const auto& [name, node] : takeover.nodes) {
    if (is_final(node.verdict)) {
      ++progress.done;
    } else if (!running.waiting.contains(name)) {
      ++progress.offline;
    } else if (const Presence* presence = fleet_.find(name);
               presence != nullptr && presence->waits() && ++progress.delayed == 1) {
      progress.delay = name + " " + presence->at_work(now.monotonic);
    }
  }
  return progress;
}

void RunningTakeovers::tick(Now now) {
  std::vector<uint64_t> over;
  for (auto& [number, running] : running_) {
    if (running.deadline <= now.monotonic) over.push_back(number);
    if (running.progress_owed && running.progress_due <= now.monotonic) {
      say_progress(number, running, now);
    }
  }
  for (const uint64_t number : over) finish(number, now);
}

MonotonicTime RunningTakeovers::next_tick(MonotonicTime latest) const {
  for (const auto& [number, running] : running_) {
    latest = std::min(latest, running.deadline);
    if (running.progress_owed) latest = std::min(latest, running.progress_due);
  }
  return latest;
}

void RunningTakeovers::finish(uint64_t number, Now now) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  const Running running = std::move(found->second);
  running_.erase(found);
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  for (const auto& [name, node] : takeover.nodes) {
    if (is_final(node.verdict)) continue;
    TakeoverNode open = node;
    explain_why_open(takeover, open, now);
    ledger_.put(number, std::move(open));
  }
  ledger_.finish(number, now);
  outbox_.publish(event::kTakeoverFinished, now, takeover.id(), "", takeover.from,
                  "exit " + std::to_string(exit_code_of(takeover)));
  for (const ClientId follower : running.followers) {
    outbox_.reply(follower, answer_of(takeover, now));
  }
  ledger_.forget_old_takeovers();
}

void RunningTakeovers::explain_why_open(const Takeover& takeover, TakeoverNode& node,
                                        Now now) const {
  const Presence* presence = fleet_.find(node.node);
  if (presence == nullptr) {
    node.reason = "never seen; moves when it connects";
  } else if (!presence->connected()) {
    node.reason = "down; moves when it connects";
  } else if (ledger_.state().freeze.frozen) {
    node.reason = "not told: frozen";
    node.cure = "snctl thaw";
  } else if (!presence->busy.empty()) {
    node.reason = "still at it: " + presence->at_work(now.monotonic);
    node.cure = "snctl show " + takeover.id();
  } else {
    node.reason = "told, no answer yet";
    node.cure = "snctl show " + takeover.id();
  }
}

}  // namespace sn::coordinator
