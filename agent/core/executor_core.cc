#include "agent/core/executor_core.h"

#include <algorithm>

#include "agent/plan/drift.h"

namespace sn::agent {

namespace {

int64_t deadline_of(const Job& job) {
  return job.kind == Job::Kind::rehearse ? kRehearsalDeadlineMs : kReadDeadlineMs;
}

bool is_rebind(const Job& job) { return job.kind == Job::Kind::rebind; }

}  // namespace

ExecutorCore::ExecutorCore(ExecutorConfig config)
    : config_(std::move(config)), quarantine_(config_.node) {}

ExecutorEffects ExecutorCore::start(const KeptState& kept, std::string directory_digest,
                                    MonotonicTime now) {
  directory_digest_ = std::move(directory_digest);
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
  session_started_ = now;
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

// ---------------------------------------------------------------- what the child says

ExecutorEffects ExecutorCore::on_child(const wire::FromChild& message, MonotonicTime now) {
  if (running_) std::visit([&](const auto& said) { heard(said, now); }, message);
  return take();
}

void ExecutorCore::answered() { running_->state = RunningJob::State::answered; }

void ExecutorCore::heard(const wire::Progress& progress, MonotonicTime) {
  // It may have been done with looking when it was killed for it.
  if (running_->state != RunningJob::State::answered) {
    running_->state = RunningJob::State::working;
  }
  tell(progress);
}

// From the child of a rebind, which ends with it: nothing was begun.
void ExecutorCore::heard(const wire::ScriptsAtWork& found, MonotonicTime now) {
  answered();
  if (superseded(running_->job)) return;
  Job job = running_->job;
  job.crashes = 0;
  ScriptWait wait(std::move(job), found.scripts, config_.boot_scripts_deadline_ms, now);
  if (wait.over()) {
    queue_.add_first(wait.take_job());
    return;
  }
  script_wait_ = std::move(wait);
  log("SN1033", script_wait_->job().rebind.takeover + " " + text_of(script_wait_->step()));
  tell_waiting();
}

void ExecutorCore::heard(const wire::DirectoryRead& read, MonotonicTime) {
  if (read.digest == directory_digest_) return;
  directory_digest_ = read.digest;
  if (inventory_) tell_state();
}

void ExecutorCore::heard(const wire::FenceRead& read, MonotonicTime) {
  if (read.generation <= fence_.generation) return;
  fence_.generation = read.generation;
  fence_.target = read.target;
  fence_.last.reset();
  if (!read.last.empty()) fence_.last = read.last.front();
}

void ExecutorCore::heard(const wire::ProbeTargets& targets, MonotonicTime) {
  probe_targets_ = targets;
  tell(targets);
}

void ExecutorCore::heard(const wire::PlanReply& reply, MonotonicTime) {
  answered();
  if (running_->job.answer) tell(reply);
}

void ExecutorCore::heard(const wire::InspectReply& reply, MonotonicTime) {
  leftovers_ = {};  // said at the end of its work
  const bool inspecting = running_->job.kind == Job::Kind::inspect;
  if (inspecting) answered();
  take_inventory(reply.inventory, inspecting);
  if (inspecting && running_->job.answer) tell(reply);
}

void ExecutorCore::heard(const wire::OutcomeReport& report, MonotonicTime now) {
  answered();
  finish_rebind(report, now);
}

ExecutorEffects ExecutorCore::on_trouble(const wire::Quarantine& why,
                                         const std::optional<QuarantineRecord>& kept,
                                         MonotonicTime now) {
  if (kept) quarantine_.set_places(kept->places);
  enter_quarantine(why, now);
  return take();
}

ExecutorEffects ExecutorCore::on_looked_again(const wire::ClearReply& reply,
                                              const JournalContent& journal, MonotonicTime now) {
  if (!running_ || running_->job.kind != Job::Kind::clear) return take();
  answered();
  if (!reply.quarantine.reason.empty()) {
    enter_quarantine(reply.quarantine, now);
    tell(wire::ClearReply{reply.request, quarantine_.why()});
    return take();
  }
  log("SN1051", "out of quarantine: " + text_of(quarantine_.why().reason));
  quarantine_.lift();
  effects_.push_back(RemoveQuarantine{});
  tell(reply);
  if (inventory_) tell_state();
  recover(journal);
  if (!journal) enter_quarantine(quarantine_of(journal.error()), now);
  look_soon(now);  // what was never begun is cleared away
  return take();
}

// ---------------------------------------------------------------- the end of a child

ExecutorEffects ExecutorCore::on_child_gone(const JournalContent& journal, MonotonicTime now) {
  if (!running_) return take();
  RunningJob ended = std::move(*running_);
  running_.reset();
  Job& job = ended.job;
  const bool rehearsed = job.kind == Job::Kind::rehearse;
  // Also where it was answered: at its deadline that was done for it.
  if (rehearsed) clear_after_rehearsal(journal, now);
  if (ended.state == RunningJob::State::answered) return take();
  if (ended.state == RunningJob::State::look_ended) {
    job.names_only = true;
    begin_again(std::move(job));
  } else if (is_rebind(job)) {
    rebind_crashed(std::move(job), journal, now);
  } else if (rehearsed) {
    fail_job(job, Fact(FactCode::rehearsal_ended), Cure(CureCode::rehearse_again));
  } else {
    fail_job(job, Fact(FactCode::no_reading_answer));
  }
  return take();
}

// Killed in the middle: what it began is finished by the same rules as after a restart.
void ExecutorCore::rebind_crashed(Job job, const JournalContent& journal, MonotonicTime now) {
  log("SN1013", job.rebind.takeover + ": its process ended in the middle");
  const bool known = journal && *journal;
  if (++job.crashes <= kMaxCrashes) {
    if (known) resume_from_journal(**journal, job);
    begin_again(std::move(job));
    return;
  }
  const bool touched = known && (*journal)->past_commit_point;
  wire::OutcomeReport report;
  report.outcome.takeover = job.rebind.takeover;
  report.outcome.generation = job.rebind.generation;
  report.outcome.to = job.rebind.to;
  report.outcome.verdict = touched ? Verdict::partly : Verdict::failed;
  report.outcome.findings.push_back({touched ? FindingClass::left : FindingClass::blocked, "",
                                     Fact(FactCode::killed_times, {.count = kMaxCrashes + 1}),
                                     Cure(CureCode::see_nodes_log_and_run)});
  if (inventory_) report.bindings = inventory_->bindings;
  finish_rebind(report, now);
  if (!touched) return;
  enter_quarantine(
      {Fact(FactCode::killed_past_commit, {.value = job.rebind.takeover, .count = kMaxCrashes + 1}),
       Cure(CureCode::see_nodes_log)},
      now);
}

// A newer command is queued or done: an older one must not come back after it, unless it is half
// done.
bool ExecutorCore::superseded(const Job& job) const {
  return !job.recovering && job.rebind.generation != fence_.generation;
}

void ExecutorCore::begin_again(Job job) {
  if (!superseded(job)) queue_.add_first(std::move(job));
}

// Killed at its deadline, or for a rebind: the next child takes away what it has staged.
void ExecutorCore::clear_after_rehearsal(const JournalContent& journal, MonotonicTime now) {
  if (!journal || !*journal || (*journal)->past_commit_point) return;
  leftovers_ = {(*journal)->staged, true, false};
  if (!look_due_) look_due_ = now;
}

ExecutorEffects ExecutorCore::on_no_child(const Error& why, MonotonicTime now) {
  if (!running_) return take();
  const Job job = std::move(running_->job);
  running_.reset();
  fail_job(job, why.fact(), why.cure);
  if (!is_rebind(job)) return take();
  wire::OutcomeReport report = blocked_outcome(job.rebind, why, inventory_);
  if (job.recovering) {
    report.outcome.verdict = Verdict::partly;
    report.outcome.findings.front().what = FindingClass::left;
  }
  finish_rebind(report, now);
  return take();
}

void ExecutorCore::fail_job(const Job& job, const Fact& reason, const Cure& cure) {
  log("SN1906", text_of(reason));
  if (!inventory_) take_inventory({}, false);  // a session that waits for a first look gets none
  if (!job.answer) return;
  if (job.kind == Job::Kind::plan || job.kind == Job::Kind::rehearse) {
    wire::PlanReply reply;
    reply.request = job.request;
    reply.plan.outlook = Outlook::blocked;
    reply.plan.findings.push_back({FindingClass::blocked, "", reason, cure});
    tell(reply);
  } else if (job.kind == Job::Kind::clear) {
    wire::ClearReply reply;
    reply.request = job.request;
    reply.quarantine = quarantine_.why();
    reply.quarantine.reason =
        Fact(FactCode::looked_again, {.said = text_of(reason)}, reply.quarantine.reason);
    tell(reply);
  } else {
    tell(wire::InspectReply{job.request, reason, {}});
  }
}

// ---------------------------------------------------------------- quarantine

void ExecutorCore::enter_quarantine(wire::Quarantine why, MonotonicTime now) {
  quarantine_.enter(std::move(why));
  log("SN1901", "in quarantine, refusing every change: " + text_of(quarantine_.why().reason) +
                    "; cure: " + text_of(quarantine_.why().cure));
  effects_.push_back(StoreQuarantine{quarantine_.record()});
  // What waits is refused.
  if (script_wait_) {
    const Job job = script_wait_->take_job();
    script_wait_.reset();
    finish_rebind(blocked_outcome(job.rebind, quarantine_.refusal(), inventory_), now);
  }
  for (const auto& job : queue_.take_rebinds()) {
    // What is half done stays in the journal, and is finished after the clear.
    if (job.recovering) continue;
    finish_rebind(blocked_outcome(job.rebind, quarantine_.refusal(), inventory_), now);
  }
  if (inventory_) tell_state();
}

// ---------------------------------------------------------------- xCAT's own scripts

ExecutorEffects ExecutorCore::on_scripts(std::vector<wire::ScriptAtWork> at_work) {
  if (!script_wait_) return take();
  script_wait_->set_at_work(std::move(at_work));
  if (!script_wait_->over()) {
    tell_waiting();
    return take();
  }
  // Looked for anew, and the node observed anew: another may have begun, and what this one wrote
  // is planned from.
  queue_.add_first(script_wait_->take_job());
  script_wait_.reset();
  return take();
}

void ExecutorCore::tell_waiting() {
  const auto& rebind = script_wait_->job().rebind;
  tell(wire::Progress{rebind.takeover, rebind.generation, script_wait_->step(), 0, 0});
}

// ---------------------------------------------------------------- looks

void ExecutorCore::on_change(MonotonicTime now) { look_soon(now); }

void ExecutorCore::look_soon(MonotonicTime now) {
  if (!look_due_) look_due_ = now + kSettleMs;
}

ExecutorEffects ExecutorCore::on_mounts(std::vector<NfsMount> mounts,
                                        std::vector<wire::NfsServer> servers, MonotonicTime now) {
  if (servers != nfs_servers_.servers) {
    nfs_servers_.servers = std::move(servers);
    tell(nfs_servers_);
  }
  if (mounts == mounts_) return take();
  mounts_ = std::move(mounts);
  tell(wire::Mounts{mounts_});
  look_soon(now);
  return take();
}

void ExecutorCore::take_inventory(const wire::Inventory& inventory, bool watch_for_drift) {
  if (inventory_ && watch_for_drift) {
    for (const auto& drift : find_drift(*inventory_, inventory)) {
      log("SN1041", drift.place + " " + text_of(drift.detail));
      tell(drift);
    }
  }
  const bool changed = !inventory_ || inventory_->bindings != inventory.bindings;
  inventory_ = inventory;
  if (changed) tell_state();
}

// ---------------------------------------------------------------- time

MonotonicTime ExecutorCore::next_tick() const {
  if (!running_ && !queue_.empty()) return {};
  MonotonicTime next = routine_look_due_;
  if (look_due_) next = std::min(next, *look_due_);
  if (session_due_) next = std::min(next, *session_due_);
  if (running_ && (!is_rebind(running_->job) || running_->state == RunningJob::State::looking)) {
    next = std::min(next, running_->deadline);
  }
  if (script_wait_) next = std::min(next, script_wait_->deadline());
  return next;
}

ExecutorEffects ExecutorCore::tick(MonotonicTime now) {
  if (session_due_ && *session_due_ <= now) {
    session_due_.reset();
    effects_.push_back(StartSession{});
  }
  tick_job(now);
  if (script_wait_ && script_wait_->deadline() <= now) {
    const Error why = script_wait_->too_long();
    const Job job = script_wait_->take_job();
    script_wait_.reset();
    finish_rebind(blocked_outcome(job.rebind, why, inventory_), now);
  }
  look_when_due(now);
  start_next_job(now);
  return take();
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

void ExecutorCore::look_when_due(MonotonicTime now) {
  const bool routine = routine_look_due_ <= now;
  if (!routine && (!look_due_ || now < *look_due_)) return;
  look_due_.reset();
  if (routine) routine_look_due_ = now + kRoutineLookMs;
  Job job;
  job.with_mentions = routine;
  enqueue(std::move(job));
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

void ExecutorCore::finish_rebind(const wire::OutcomeReport& report, MonotonicTime now) {
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
  state.directory_digest = directory_digest_;
  if (inventory_) state.bindings = inventory_->bindings;
  if (fence_.last) state.last.push_back(*fence_.last);
  if (quarantine_.active()) state.quarantine.push_back(quarantine_.why());
  tell(std::move(state));
}

}  // namespace sn::agent
