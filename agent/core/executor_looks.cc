// When ExecutorCore has the node looked at, and what it makes of what was seen.
#include "agent/core/executor_core.h"
#include "agent/plan/drift.h"

namespace sn::agent {

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

void ExecutorCore::look_when_due(MonotonicTime now) {
  const bool routine = routine_look_due_ <= now;
  if (!routine && (!look_due_ || now < *look_due_)) return;
  look_due_.reset();
  if (routine) routine_look_due_ = now + kRoutineLookMs;
  Job job;
  job.with_mentions = routine;
  enqueue(std::move(job));
}

}  // namespace sn::agent
