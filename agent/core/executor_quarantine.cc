// How ExecutorCore goes into quarantine, and out of it.
#include "agent/core/executor_core.h"

namespace sn::agent {

void ExecutorCore::enter_quarantine(wire::Quarantine why, MonotonicTime now) {
  quarantine_.enter(std::move(why));
  log("SN1901", "in quarantine, refusing every change: " + text_of(quarantine_.why().reason) +
                    "; cure: " + text_of(quarantine_.why().cure));
  // One that another version kept stays for it: it has places that this one can't read.
  if (!quarantine_.why().reason.is(FactCode::quarantine_unreadable)) {
    effects_.push_back(StoreQuarantine{quarantine_.record()});
  }
  // What waits is refused.
  if (script_wait_) {
    const Job job = script_wait_->take_job();
    script_wait_.reset();
    finish_rebind(job, blocked_outcome(job.rebind, quarantine_.refusal(), inventory_), now);
  }
  for (const auto& job : queue_.take_rebinds()) {
    // What is half done stays in the journal, and is finished after the clear.
    if (job.recovering) continue;
    finish_rebind(job, blocked_outcome(job.rebind, quarantine_.refusal(), inventory_), now);
  }
  if (inventory_) tell_state();
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

}  // namespace sn::agent
