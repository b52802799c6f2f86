#include "coordinator/core/takeover/running_takeovers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "coordinator/core/takeover/summary.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

// Often enough for a bar that moves. Each looks at every node of the takeover, so that of many it
// is said less often: every 300 ms of 9,000.
constexpr int64_t kProgressMs = 50;
constexpr int64_t kNodesAMs = 30;

int64_t between_progress_ms(const Takeover& takeover) {
  return std::max(kProgressMs, static_cast<int64_t>(takeover.nodes.size()) / kNodesAMs);
}

// What a stop waits for nodes that were told: they end in a second, and one that does not end now
// may need a minute.
constexpr int64_t kStopWaitMs = 15'000;

}  // namespace

namespace {

// The slowest that has not ended yet counts before every other one.
void wait_for(ProgressAnswer& progress, const Assignment& part, const TakeoverHeader& takeover) {
  const bool ended = is_final(part.verdict);
  const int64_t begun = std::max(takeover.started_unix_ms, takeover.resumed_unix_ms);
  if (part.told_unix_ms == 0 || (ended && part.ended_unix_ms < begun)) return;
  const bool first = progress.slowest.empty();
  const bool shown_ended = progress.slowest_ended_unix_ms != 0;
  bool slower = first || (shown_ended && !ended);
  if (!first && shown_ended == ended) {
    slower = ended ? part.ended_unix_ms - part.told_unix_ms >
                         progress.slowest_ended_unix_ms - progress.slowest_told_unix_ms
                   : part.told_unix_ms < progress.slowest_told_unix_ms;
  }
  if (!slower) return;
  progress.slowest = part.node;
  progress.slowest_told_unix_ms = part.told_unix_ms;
  progress.slowest_ended_unix_ms = ended ? part.ended_unix_ms : 0;
}

}  // namespace

void RunningTakeovers::resume(Now now) {
  for (const auto& [number, takeover] : ledger_.state().takeovers) {
    const bool ends_by_itself =
        takeover.state == TakeoverState::aborted && takeover.finished_unix_ms == 0;
    if (takeover.state != TakeoverState::running && !ends_by_itself) continue;
    std::set<std::string> awaited;
    for (const Assignment* part : parts_of(ledger_.state(), takeover)) {
      if (part->verdict == Verdict::pending) awaited.insert(part->node);
    }
    // All of them reached their verdicts before the daemon ended.
    const bool over = awaited.empty();
    add(takeover, std::move(awaited), now);
    if (over) running_.at(number).deadline = now.monotonic;
  }
  ledger_.forget_old_takeovers();
}

void RunningTakeovers::add(const Takeover& takeover, std::set<std::string> awaited, Now now) {
  Running& running = running_[takeover.number];
  running.deadline = now.monotonic + takeover.timeout_ms;
  running.awaited = std::move(awaited);
  // It was stopped and is taken up again: who waited for its end waits for this one.
  if (auto ending = ending_.extract(takeover.number)) {
    running.followers.merge(ending.mapped().followers);
  }
}

bool RunningTakeovers::follow(uint64_t number, ClientId client) {
  const auto found = running_.find(number);
  if (found == running_.end()) return false;
  found->second.followers.insert(client);
  return true;
}

void RunningTakeovers::show_progress(uint64_t number, ClientId client, Now now) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  outbox_.reply(client, progress_of(ledger_.state().takeovers.at(number), found->second, now),
                false);
}

void RunningTakeovers::unfollow(ClientId client) {
  for (auto* list : {&running_, &ending_}) {
    for (auto& [number, running] : *list) running.followers.erase(client);
  }
}

TakeoverAnswer RunningTakeovers::answer_of(const Takeover& takeover, ClientId client,
                                           Now now) const {
  const State& state = ledger_.state();
  TakeoverAnswer answer{
      outbox_.is_brief(client) ? brief_takeover(state, takeover) : shown_takeover(state, takeover),
      state.freeze.frozen, 0};
  answer.exit_code = summary_of(answer.takeover).exit_code;
  if (takeover.state != TakeoverState::running) return answer;
  for (auto& [name, part] : answer.takeover.nodes) {
    const Presence* presence = fleet_.find(name);
    if (is_final(part.verdict) || presence == nullptr || presence->busy.empty()) continue;
    part.reason = Fact(FactCode::now_at, {}, presence->at_work(now.monotonic));
  }
  return answer;
}

void RunningTakeovers::settled(uint64_t number, const std::string& node, Now now) {
  any_settled_ = true;
  if (const auto ending = ending_.find(number); ending != ending_.end()) {
    ending->second.awaited.erase(node);
    schedule_progress(ending->second, now);
  }
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  Running& running = found->second;
  running.awaited.erase(node);
  settled_.emplace_back(number, node);
  schedule_progress(running, now);
  if (running.progress_due <= now.monotonic) say_progress(number, running, now);
}

std::vector<std::pair<uint64_t, std::string>> RunningTakeovers::take_settled() {
  return std::exchange(settled_, {});
}

void RunningTakeovers::requeue(uint64_t number, const std::string& node) {
  if (running_.contains(number)) requeued_.emplace_back(number, node);
}

std::vector<std::pair<uint64_t, std::string>> RunningTakeovers::take_requeued() {
  return std::exchange(requeued_, {});
}

std::vector<uint64_t> RunningTakeovers::numbers() const {
  std::vector<uint64_t> list;
  for (const auto& [number, running] : running_) list.push_back(number);
  return list;
}

bool RunningTakeovers::waits_for(uint64_t number, const std::string& node) const {
  const auto found = running_.find(number);
  return found != running_.end() && found->second.awaited.contains(node);
}

void RunningTakeovers::extend(uint64_t number, Now now) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  found->second.deadline = now.monotonic + ledger_.state().takeovers.at(number).timeout_ms;
}

bool RunningTakeovers::any_overdue(Now now) const {
  return std::any_of(running_.begin(), running_.end(), [&](const auto& entry) {
    return entry.second.deadline <= now.monotonic || entry.second.awaited.empty();
  });
}

std::vector<uint64_t> RunningTakeovers::overdue(Now now) const {
  std::vector<uint64_t> over;
  for (const auto& [number, running] : running_) {
    if (running.deadline <= now.monotonic) over.push_back(number);
  }
  return over;
}

std::vector<uint64_t> RunningTakeovers::settled_numbers() const {
  std::vector<uint64_t> over;
  for (const auto& [number, running] : running_) {
    if (running.awaited.empty()) over.push_back(number);
  }
  return over;
}

void RunningTakeovers::wait_again(const Assignment& present) {
  if (present.verdict != Verdict::pending) return;
  if (const auto running = running_.find(present.takeover); running != running_.end()) {
    running->second.awaited.insert(present.node);
  }
}

void RunningTakeovers::schedule_progress(const std::string& node, Now now) {
  for (auto& [number, running] : running_) {
    if (running.awaited.contains(node)) schedule_progress(running, now);
  }
}

void RunningTakeovers::schedule_progress(Running& running, Now now) {
  if (running.progress_scheduled) return;
  running.progress_scheduled = true;
  running.progress_due = std::max(running.progress_due, now.monotonic);
}

void RunningTakeovers::say_progress(uint64_t number, Running& running, Now now) {
  running.progress_scheduled = false;
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  running.progress_due = now.monotonic + between_progress_ms(takeover);
  if (running.followers.empty()) return;
  const auto progress = progress_of(takeover, running, now);
  for (const ClientId follower : running.followers) outbox_.reply(follower, progress, false);
}

ProgressAnswer RunningTakeovers::progress_of(const Takeover& takeover, const Running& running,
                                             Now now) const {
  ProgressAnswer progress;
  progress.takeover = takeover.id();
  progress.of = takeover.nodes.size();
  for (const Assignment* part : parts_of(ledger_.state(), takeover)) {
    if (is_final(part->verdict)) {
      ++progress.done;
      wait_for(progress, *part, takeover);
      continue;
    }
    if (part->canary) progress.canaries.push_back(part->node);
    if (part->told_unix_ms != 0 && running.awaited.contains(part->node)) {
      wait_for(progress, *part, takeover);
    }
    const bool queued = part->state == AssignmentState::queued;
    const bool awaited = running.awaited.contains(part->node);
    // Of one that was stopped only those are awaited that were told.
    if (queued && (awaited || takeover.state == TakeoverState::stopped)) {
      ++progress.next;
    } else if (!awaited) {
      ++progress.offline;
    } else if (const Presence* presence = fleet_.find(part->node);
               presence != nullptr && presence->blocked_by_scripts() && ++progress.delayed == 1) {
      progress.delayed_node = part->node;
      progress.delay = presence->at_work(now.monotonic);
    }
  }
  return progress;
}

void RunningTakeovers::tick(Now now) {
  for (auto* list : {&running_, &ending_}) {
    for (auto& [number, running] : *list) {
      if (running.progress_scheduled && running.progress_due <= now.monotonic) {
        say_progress(number, running, now);
      }
    }
  }
  std::erase_if(ending_, [&](const auto& entry) {
    const auto& [number, ending] = entry;
    if (!ending.awaited.empty() && now.monotonic < ending.deadline) return false;
    show_end(number, ending, now);
    return true;
  });
}

MonotonicTime RunningTakeovers::next_tick(MonotonicTime latest) const {
  for (const auto* list : {&running_, &ending_}) {
    for (const auto& [number, running] : *list) {
      latest = std::min(latest, running.deadline);
      if (running.progress_scheduled) latest = std::min(latest, running.progress_due);
    }
  }
  return latest;
}

void RunningTakeovers::finish(uint64_t number, Now now) {
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  const bool aborted = takeover.state == TakeoverState::aborted;
  close(number, aborted ? TakeoverState::aborted : TakeoverState::finished, takeover.why, now);
}

void RunningTakeovers::stop(uint64_t number, Fact why, Told told, Now now) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  Running ending;
  ending.awaited = told_of(ledger_.state().takeovers.at(number));
  if (told == Told::to_be_waited_for && !ending.awaited.empty()) {
    ending.followers = std::exchange(found->second.followers, {});
  }
  close(number, TakeoverState::stopped, std::move(why), now);
  if (ending.followers.empty()) return;
  ending.deadline = now.monotonic + kStopWaitMs;
  schedule_progress(ending, now);
  ending_[number] = std::move(ending);
}

// They are there, and have not ended.
std::set<std::string> RunningTakeovers::told_of(const Takeover& takeover) const {
  std::set<std::string> told;
  for (const Assignment* part : parts_of(ledger_.state(), takeover)) {
    const Presence* presence = fleet_.find(part->node);
    if (is_final(part->verdict) || part->state == AssignmentState::queued) continue;
    if (part->told_unix_ms == 0 || presence == nullptr || !presence->connected()) continue;
    told.insert(part->node);
  }
  return told;
}

void RunningTakeovers::show_end(uint64_t number, const Running& ending, Now now) {
  const auto takeover = ledger_.state().takeovers.find(number);
  for (const ClientId follower : ending.followers) {
    if (takeover != ledger_.state().takeovers.end()) {
      outbox_.reply(follower, answer_of(takeover->second, follower, now));
    } else {  // two hundred others since, within seconds
      outbox_.reply(
          follower,
          RefusalAnswer{Fact(FactCode::no_such_takeover, {.value = takeover_id(number)}), {}, 1});
    }
  }
}

void RunningTakeovers::close(uint64_t number, TakeoverState state, Fact why, Now now) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  const Running running = std::move(found->second);
  running_.erase(found);
  const Takeover& takeover = ledger_.state().takeovers.at(number);
  for (const Assignment* part : parts_of(ledger_.state(), takeover)) {
    if (is_final(part->verdict)) continue;
    Assignment open = *part;
    explain_why_open(takeover, state, open, now);
    ledger_.put(std::move(open));
  }
  ledger_.end(number, state, std::move(why), now);
  const bool stopped = state == TakeoverState::stopped;
  outbox_.publish(stopped ? event::kTakeoverStopped : event::kTakeoverFinished, now, takeover.id(),
                  "", takeover.from,
                  stopped ? text_of(takeover.why)
                          : wording::exit_code(summary_of(ledger_.state(), takeover).exit_code));
  for (const ClientId follower : running.followers) {
    outbox_.reply(follower, answer_of(takeover, follower, now));
  }
  ledger_.forget_old_takeovers();
}

void RunningTakeovers::explain_why_open(const Takeover& takeover, TakeoverState state,
                                        Assignment& part, Now now) const {
  const Presence* presence = fleet_.find(part.node);
  const Details of_takeover{.takeover = takeover.number};
  part.cure.clear();
  if (state == TakeoverState::stopped && part.state == AssignmentState::queued) {
    const NodeRecord& node = ledger_.state().nodes.at(part.node);
    part.reason = Fact(FactCode::not_told_still_on, {.sn = node.service_node_before(part)},
                       Fact(FactCode::was_stopped, of_takeover));
    part.cure = Cure(CureCode::resume_or_abort, of_takeover);
  } else if (state == TakeoverState::aborted && (presence == nullptr || !presence->connected())) {
    part.reason = Fact(FactCode::down_finishes_or_goes_back);
  } else if (presence == nullptr || !presence->connected()) {
    // When this one is over, only what is left behind goes on moving its late nodes.
    const bool moves = takeover.undoes != 0 ||
                       std::any_of(part.from.begin(), part.from.end(), [&](const auto& name) {
                         return left_behind(ledger_.state(), name);
                       });
    const bool never = presence == nullptr;
    part.reason =
        Fact(moves ? (never ? FactCode::never_seen_moves : FactCode::down_moves)
                   : (never ? FactCode::never_seen_will_be_held : FactCode::down_will_be_held));
    if (!moves) part.cure = Cure(CureCode::resume_when_back, of_takeover);
  } else if (ledger_.state().freeze.frozen) {
    part.reason = Fact(FactCode::not_told_frozen);
    part.cure = Cure(CureCode::thaw);
  } else if (!presence->busy.empty()) {
    part.reason = Fact(FactCode::still_at, {}, presence->at_work(now.monotonic));
    part.cure = Cure(CureCode::status_node, {.node = part.node});
  } else if (part.told_unix_ms == 0) {
    part.reason = Fact(FactCode::not_told);
    part.cure = Cure(CureCode::resume, of_takeover);
  } else {
    const auto waited =
        static_cast<uint64_t>(std::max<int64_t>(now.wall.unix_ms - part.told_unix_ms, 0));
    part.reason = Fact(FactCode::no_answer_yet, {.ms = waited});
    part.cure = Cure(CureCode::status_of_agent, {.nodes = {part.node}});
  }
}

}  // namespace sn::coordinator
