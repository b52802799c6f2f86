// ExecutorCore's wait for xCAT's own scripts, which a rebind does not overtake.
#include "agent/core/executor_core.h"

namespace sn::agent {

// From the child of a rebind, which ends with it: nothing was begun.
void ExecutorCore::heard(const wire::ScriptsAtWork& found, MonotonicTime now) {
  answered();
  if (superseded(running_->job)) return;
  Job job = running_->job;
  job.crashes = 0;
  // The plan that was confirmed was made of a node that boots: what its scripts write meanwhile is
  // no reason to hold it, as after a reboot.
  job.rebind.plan_hash.clear();
  job.rebind.plan_shape.clear();
  // Looked at again and again: said once, and once more when it is known what they wait for.
  const bool news = !job.waits_since || !job.ahead.empty();
  ScriptWait wait(std::move(job), found.scripts, config_.boot_scripts_patience_ms,
                  config_.boot_scripts_deadline_ms, now);
  if (wait.over()) {
    queue_.add_first(wait.take_job());
    return;
  }
  script_wait_ = std::move(wait);
  if (news)
    log("SN1033", script_wait_->job().rebind.takeover + " " + text_of(script_wait_->step()));
  tell_waiting();
}

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

void ExecutorCore::heard(const wire::WentAhead& ahead, MonotonicTime) {
  running_->job.awaited = ahead.service_node;
  running_->job.ahead = ahead.changes;
  if (!look_due_) look_due_ = MonotonicTime{};  // what the node names is told anew
}

// The rebind begins anew, and its child looks at the scripts first.
void ExecutorCore::look_what_scripts_wait_for(MonotonicTime now) {
  if (!script_wait_ || running_) return;
  const auto due = script_wait_->next_look();
  if (!due || now < *due) return;
  Job job = script_wait_->take_job();
  job.may_go_ahead = true;
  script_wait_.reset();
  queue_.add_first(std::move(job));
}

void ExecutorCore::end_overdue_script_wait(MonotonicTime now) {
  if (!script_wait_ || now < script_wait_->deadline()) return;
  const Error why = script_wait_->too_long();
  const Job job = script_wait_->take_job();
  script_wait_.reset();
  finish_rebind(job, blocked_outcome(job.rebind, why, inventory_), now);
}

}  // namespace sn::agent
