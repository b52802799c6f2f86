// What ExecutorCore makes of what a child says, and of how it ends.
#include "agent/core/executor_core.h"

#include <algorithm>

namespace sn::agent {

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

void ExecutorCore::heard(const wire::DirectoryRead& read, MonotonicTime) {
  if (read.digest == directory_.digest) return;
  directory_ = read;
  const wire::Rebind* waiting =
      running_ && is_rebind(running_->job) ? &running_->job.rebind : nullptr;
  // It names one that is new in it.
  if (waiting != nullptr && waiting->generation > fence_.generation && knows_all_of(*waiting)) {
    raise_fence(*waiting);
  }
  if (inventory_) tell_state();
}

void ExecutorCore::heard(const wire::FenceRead& read, MonotonicTime) {
  fence_.epoch = std::max(fence_.epoch, read.epoch);
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
  if (!running_->job.answer) return;
  wire::PlanReply told = reply;
  if (running_->job.observes) {
    told.plan.findings.push_back(
        {FindingClass::note, "", Fact(FactCode::nothing_staged_observing), {}});
  }
  tell(std::move(told));
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
  finish_rebind(running_->job, report, now);
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
  finish_rebind(job, report, now);
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
  finish_rebind(job, report, now);
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

}  // namespace sn::agent
