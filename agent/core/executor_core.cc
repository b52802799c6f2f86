#include "agent/core/executor_core.h"

#include <algorithm>

namespace sn::agent {

namespace {

int64_t deadline_of(const Job& job) {
  return job.kind == Job::Kind::rehearse ? kRehearsalDeadlineMs : kReadDeadlineMs;
}

}  // namespace

ExecutorCore::ExecutorCore(ExecutorConfig config)
    : config_(std::move(config)), quarantine_(config_.node), session_lines_{kSessionLines, {}} {}

ExecutorEffects ExecutorCore::start(const KeptState& kept, wire::DirectoryRead directory,
                                    MonotonicTime now) {
  directory_ = std::move(directory);
  routine_look_due_ = now + kRoutineLookMs;
  if (kept.quarantine) {
    quarantine_.set_places(kept.quarantine->places);
    enter_quarantine(kept.quarantine->why, now);
  }
  if (kept.fence) {
    fence_ = *kept.fence;
  } else {
    enter_quarantine(quarantine_of(kept.fence.error()), now);
  }
  Job first;
  first.with_mentions = true;
  (void)queue_.add(first);
  // What was begun under a fence or a mount that is not understood waits for `snctl clear`.
  if (!quarantine_.active()) recover(kept.journal);
  if (!kept.journal && !quarantine_.active()) {
    enter_quarantine(quarantine_of(kept.journal.error()), now);
  }
  return take();
}

// An earlier process ended in the middle. Before its commit point: nothing was touched, its
// temporaries go. After it: the same rebind is planned anew from what is, and carried to its end.
void ExecutorCore::recover(const JournalContent& journal) {
  if (!journal || !*journal) return;
  const Unfinished& unfinished = **journal;
  const std::string name = unfinished.rebind ? unfinished.rebind->takeover : "rehearsal";
  Job job;
  job.kind = Job::Kind::rebind;
  resume_from_journal(unfinished, job);
  if (!job.recovering) {
    log("SN1011", name + " was interrupted before its commit point; nothing was changed");
    return;
  }
  job.rebind = *unfinished.rebind;
  job.rebind.epoch = std::max(job.rebind.epoch, fence_.epoch);
  log("SN1012", name + " was interrupted in '" + unfinished.last_step + "'; finishing it");
  (void)queue_.add(std::move(job));
}

void ExecutorCore::resume_from_journal(const Unfinished& unfinished, Job& job) {
  leftovers_ = {unfinished.staged, true, unfinished.past_commit_point};
  job.recovering = unfinished.past_commit_point && unfinished.rebind;
  if (!job.recovering) return;
  job.open_step = unfinished.open_step;
  job.unfinished_swaps = unfinished.swaps;
}

// ---------------------------------------------------------------- the session

ExecutorEffects ExecutorCore::on_session_started(MonotonicTime now) {
  session_started_ = session_heard_ = now;
  session_asked_ = false;
  session_due_.reset();
  if (probe_targets_) tell(*probe_targets_);
  tell(nfs_servers_);
  if (script_wait_) tell_waiting();  // before the state, which lets it say hello
  if (inventory_) tell_state();
  if (!mounts_.empty()) tell(wire::Mounts{mounts_});
  return take();
}

ExecutorEffects ExecutorCore::on_session_not_started(const Error& why, MonotonicTime now) {
  log("SN1903", why.message());
  session_due_ = now + kSessionRestartMs;
  return take();
}

ExecutorEffects ExecutorCore::on_session_gone(MonotonicTime now) {
  log("SN1021", "the session ended; it is started again");
  session_due_ = std::max(now, session_started_ + kSessionRestartMs);
  return take();
}

// ---------------------------------------------------------------- time

MonotonicTime ExecutorCore::next_tick() const {
  if (!running_ && !queue_.empty()) return {};
  MonotonicTime next = routine_look_due_;
  if (look_due_) next = std::min(next, *look_due_);
  next = std::min(next, session_due_ ? *session_due_
                                     : session_heard_ + kSessionSilentMs +
                                           (session_asked_ ? kSessionAnswerMs : 0));
  if (running_ && (!is_rebind(running_->job) || running_->state == RunningJob::State::looking)) {
    next = std::min(next, running_->deadline);
  }
  if (script_wait_) {
    next = std::min(next, script_wait_->deadline());
    if (const auto look = script_wait_->next_look(); look && !running_)
      next = std::min(next, *look);
  }
  return next;
}

ExecutorEffects ExecutorCore::tick(MonotonicTime now) {
  if (session_due_ && *session_due_ <= now) {
    session_due_.reset();
    effects_.push_back(StartSession{});
  }
  look_after_session(now);
  tick_job(now);
  end_overdue_script_wait(now);
  look_what_scripts_wait_for(now);
  look_when_due(now);
  start_next_job(now);
  return take();
}

void ExecutorCore::look_after_session(MonotonicTime now) {
  if (session_due_ || now - session_heard_ < kSessionSilentMs) return;
  if (!session_asked_) {
    session_asked_ = true;
    // From now on: this process may have slept as long as that one.
    session_heard_ = now + -kSessionSilentMs;
    tell(wire::StillThere{});
    return;
  }
  if (now - session_heard_ < kSessionSilentMs + kSessionAnswerMs) return;
  log("SN1022", "the session does not answer; it is replaced");
  session_heard_ = now;  // its end is told soon
  session_asked_ = false;
  effects_.push_back(EndSession{});
}

void ExecutorCore::tick_job(MonotonicTime now) {
  if (!running_ || now < running_->deadline) return;
  Job& job = running_->job;
  if (is_rebind(job)) {
    if (running_->state != RunningJob::State::looking) return;
    // The names alone can be read of any process.
    log("SN1014", "looking for scripts of xCAT is blocked; looking at names only");
    running_->state = RunningJob::State::look_ended;
    effects_.push_back(KillChild{});
    return;
  }
  // In uninterruptible sleep it dies when the server answers; nothing is gained by haste.
  effects_.push_back(KillChild{});
  running_->deadline = now + kReadDeadlineMs;
  if (running_->state == RunningJob::State::answered) return;
  answered();
  fail_job(job, Fact(job.kind == Job::Kind::rehearse ? FactCode::preparing_blocked
                                                     : FactCode::reading_blocked,
                     {.ms = static_cast<uint64_t>(deadline_of(job))}));
}

void ExecutorCore::enqueue(Job job) {
  if (!queue_.add(std::move(job))) log("SN1905", "too many requests; one is dropped");
}

void ExecutorCore::start_next_job(MonotonicTime now) {
  if (running_) return;
  auto job = queue_.take();
  if (!job) return;
  const bool looks = is_rebind(*job) && !job->recovering && !job->names_only;
  running_ = RunningJob{std::move(*job),
                        looks ? RunningJob::State::looking : RunningJob::State::working, now};
  running_->deadline = now + (looks ? kLookForScriptsMs : deadline_of(running_->job));
  effects_.push_back(SpawnChild{running_->job, leftovers_});
}

// ---------------------------------------------------------------- how a rebind ended

void ExecutorCore::finish_rebind(const Job& job, const wire::OutcomeReport& ended,
                                 MonotonicTime now) {
  const wire::OutcomeReport report = as_touched(job, ended);
  const wire::Outcome& outcome = report.outcome;
  for (const auto& change : outcome.changes) {
    log("SN0312", outcome.takeover + " " + config_.node + " " + change.path +
                      (change.line > 0 ? ":" + std::to_string(change.line) : "") + " " +
                      (change.before.empty() ? "(none)" : change.before) + " -> " +
                      (change.after.empty() ? "(none)" : change.after));
  }
  log("SN1032", outcome.takeover + " " + std::string(to_string(outcome.verdict)) + " on " +
                    outcome.to + ", " + std::to_string(outcome.left) + " left, " +
                    std::to_string(outcome.total_us / 1000) + " ms");
  // The files that were replaced are to be watched anew.
  if (outcome.changed > 0) look_soon(now);
  if (outcome.generation == fence_.generation) {
    fence_.last = outcome;
    effects_.push_back(StoreOutcome{outcome});
  }
  tell_state();
  tell(report);
}

void ExecutorCore::tell_state() {
  wire::ExecutorState state;
  state.mode = config_.act ? "act" : "observe";
  state.generation = fence_.generation;
  state.generation_target = fence_.target;
  state.nonce = config_.nonce;
  state.directory_digest = directory_.digest;
  if (inventory_) state.bindings = inventory_->bindings;
  if (fence_.last) state.last.push_back(*fence_.last);
  if (quarantine_.active()) state.quarantine.push_back(quarantine_.why());
  tell(std::move(state));
}

}  // namespace sn::agent
