// The executor as a plain state machine: what is obeyed and what is refused, which job is next, and
// what follows from how it went. Events and the time go in, effects come out; no I/O, no clock, no
// locks. agent/executor/executor.h is the shell that carries the effects out.
//
// One job at a time is done in a disposable child. Jobs wait in a queue; a rebind that waits for
// scripts of xCAT waits outside of it, and others are done meanwhile. Orders are judged here, their
// signature too; only then is the fence raised. The shell calls tick() after
// every event: it starts the next job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/core/fence.h"
#include "agent/core/job.h"
#include "agent/core/job_queue.h"
#include "agent/core/order_rate.h"
#include "agent/core/quarantine.h"
#include "agent/core/script_wait.h"
#include "agent/core/unfinished.h"
#include "common/base/bucket.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A healthy node is read in milliseconds; a hung root answers in its own time, or never.
inline constexpr int64_t kReadDeadlineMs = 15'000;
// A rehearsal waits for one mount that does not answer (kStageMountMs) besides, and its plan may
// have to be made on a busy node.
inline constexpr int64_t kRehearsalDeadlineMs = 2 * kReadDeadlineMs;
// A walk through /proc takes milliseconds, unless a process sits on the lock of its memory.
inline constexpr int64_t kLookForScriptsMs = 2'000;
// An editor writes a file in several steps; they are looked at as one.
inline constexpr int64_t kSettleMs = 300;
// inotify does not see what another NFS client does to a file.
inline constexpr int64_t kRoutineLookMs = 10 * 60 * 1'000;
// A plan that kills its child twice kills it a third time.
inline constexpr int kMaxCrashes = 2;
// A session that ends at once is not started in a circle.
inline constexpr int64_t kSessionRestartMs = 500;
// A session says that it is alive with each beat, by default every 30 s. One that says nothing for
// longer is asked, and replaced if it does not answer: it may be stopped (SIGSTOP by another
// process of its user), or be in a circle. Without a coordinator it does not beat, and is asked.
inline constexpr int64_t kSessionSilentMs = 35'000;
inline constexpr int64_t kSessionAnswerMs = 5'000;
// Of lines about what a session says, which may be somebody else's: some at once, then one a
// minute.
inline constexpr double kSessionLines = 20, kSessionLinesPerSecond = 1.0 / 60;

struct ExecutorConfig {
  std::string node;
  bool act = false;                             // false: observe mode
  int64_t boot_scripts_deadline_ms = 0;         // how long a rebind waits for scripts of xCAT
  int64_t boot_scripts_patience_ms = 0;         // how long with all that it moves (ScriptWait)
  std::vector<StuckPolicy> allowed_stuck = {};  // besides keep
  std::string boot_id = {};
  std::string nonce = {};  // of this start of the agent: no order of an earlier one is obeyed
  std::vector<std::string> order_keys = {};  // whose orders are (orders::OrderKey::public_key)
};

// What an earlier executor of this boot has kept.
struct KeptState {
  std::optional<QuarantineRecord> quarantine;
  Result<Fence> fence;
  JournalContent journal;
};

// Say it, if there is a session; a new one is told everything by on_session_started().
struct TellSession {
  wire::ToSession message;
};
// Answer with on_session_started or on_session_not_started.
struct StartSession {};
// It is stuck: end it. on_session_gone follows.
struct EndSession {};
// Fork a child for it; none is out. Answer with on_child... and on_child_gone, or on_no_child.
struct SpawnChild {
  Job job;
  Leftovers leftovers;  // that it clears away first
};
// on_child_gone follows when it is dead.
struct KillChild {};
struct StoreOutcome {
  wire::Outcome outcome;
};
struct StoreQuarantine {
  QuarantineRecord record;
};
struct RemoveQuarantine {};
struct LogLine {
  const char* id = "";  // "SN1032"
  std::string text;
};
// A child that knocks at the coordinator; one at a time. What it hears is told to the session.
struct StartKnock {};
using ExecutorEffect =
    std::variant<TellSession, StartSession, EndSession, SpawnChild, KillChild, StoreOutcome,
                 StoreQuarantine, RemoveQuarantine, LogLine, StartKnock>;
using ExecutorEffects = std::vector<ExecutorEffect>;

class ExecutorCore {
 public:
  explicit ExecutorCore(ExecutorConfig config);

  // First of all, once. What was begun before its commit point was never begun; what is past it is
  // finished, but not in quarantine. `directory`: as it was loaded.
  [[nodiscard]] ExecutorEffects start(const KeptState& kept, wire::DirectoryRead directory,
                                      MonotonicTime now);

  [[nodiscard]] ExecutorEffects on_session_started(MonotonicTime now);
  [[nodiscard]] ExecutorEffects on_session_not_started(const Error& why, MonotonicTime now);
  [[nodiscard]] ExecutorEffects on_session_gone(MonotonicTime now);
  [[nodiscard]] ExecutorEffects on_verb(const wire::Verb& verb, MonotonicTime now);

  // What the child that is out says. Of ScriptsAtWork only those that are still at work: the shell
  // watches them from here on, while waits_for_scripts().
  [[nodiscard]] ExecutorEffects on_child(const wire::FromChild& message, MonotonicTime now);
  // A rebind left something that no step leaves. `kept`: the quarantine's file, which the child has
  // written if it could; it has the places.
  [[nodiscard]] ExecutorEffects on_trouble(const wire::Quarantine& why,
                                           const std::optional<QuarantineRecord>& kept,
                                           MonotonicTime now);
  // The answer of a clear, and what the journal holds now.
  [[nodiscard]] ExecutorEffects on_looked_again(const wire::ClearReply& reply,
                                                const JournalContent& journal, MonotonicTime now);
  // The child is dead, and everything it said was heard. `journal`: what it holds now.
  [[nodiscard]] ExecutorEffects on_child_gone(const JournalContent& journal, MonotonicTime now);
  // It could not be spawned.
  [[nodiscard]] ExecutorEffects on_no_child(const Error& why, MonotonicTime now);

  // While waits_for_scripts(): those that have not ended.
  [[nodiscard]] ExecutorEffects on_scripts(std::vector<wire::ScriptAtWork> at_work);
  // A file of the kinds or a route changed.
  void on_change(MonotonicTime now);
  // The mounts as they are now, and the servers that are asked because of them.
  [[nodiscard]] ExecutorEffects on_mounts(std::vector<NfsMount> mounts,
                                          std::vector<wire::NfsServer> servers, MonotonicTime now);

  [[nodiscard]] ExecutorEffects tick(MonotonicTime now);
  [[nodiscard]] MonotonicTime next_tick() const;

  [[nodiscard]] bool waits_for_scripts() const { return script_wait_.has_value(); }
  // Whose child is out; nullptr: none is.
  [[nodiscard]] const Job* job() const { return running_ ? &running_->job : nullptr; }
  [[nodiscard]] const std::optional<wire::Inventory>& inventory() const { return inventory_; }
  [[nodiscard]] const std::vector<NfsMount>& mounts() const { return mounts_; }
  // Of the quarantine: what a clear looks at.
  [[nodiscard]] const std::vector<MountSwap>& odd_places() const { return quarantine_.places(); }
  [[nodiscard]] const Fence& fence() const { return fence_; }

 private:
  // The job whose child is out. A rebind has a deadline only while it looks for scripts.
  struct RunningJob {
    enum class State : uint8_t {
      looking,     // of a rebind: it has not said yet whether scripts are at work
      look_ended,  // it was killed for that; unless it says more, it is begun again by names only
      working,
      answered,  // by itself, or for it when it was given up; its child is about to go
    };
    Job job;
    State state = State::working;
    MonotonicTime deadline;
  };

  void answer_inspect(const wire::InspectVerb& verb);
  void answer_plan(const wire::PlanVerb& verb);
  void answer_order(const wire::OrderVerb& verb, MonotonicTime now);
  // Signed, for this node, and for this start of its agent.
  [[nodiscard]] Status judge_order(const wire::SignedOrder& order, const wire::Order& says) const;
  void refuse_order(uint64_t request, const wire::OrderKind& order, const Error& why);
  void obey(uint64_t request, const wire::Rehearse& rehearse, MonotonicTime now);
  void obey(uint64_t request, const wire::Rebind& rebind, MonotonicTime now);
  void obey(uint64_t request, const wire::Clear& clear, MonotonicTime now);
  [[nodiscard]] Status judge_rebind(const wire::Rebind& rebind, MonotonicTime now);
  [[nodiscard]] bool knows_all_of(const wire::Rebind& rebind) const;
  void raise_fence(const wire::Rebind& rebind);
  void refuse_clear(uint64_t request, const Error& why);
  void log_of_session(const char* id, std::string text, MonotonicTime now);
  [[nodiscard]] Status judge_stuck(StuckPolicy stuck) const;
  void refuse_rebind(uint64_t request, const wire::Rebind& rebind, const Error& why);
  [[nodiscard]] Status may_rehearse(uint64_t epoch) const;
  void refuse_plan(uint64_t request, const PlanRequest& plan, const Error& why);
  [[nodiscard]] bool under_way(uint64_t generation) const;

  void heard(const wire::Progress& progress, MonotonicTime now);
  void heard(const wire::ScriptsAtWork& found, MonotonicTime now);
  void heard(const wire::WentAhead& ahead, MonotonicTime now);
  void heard(const wire::DirectoryRead& read, MonotonicTime now);
  void heard(const wire::FenceRead& read, MonotonicTime now);
  void heard(const wire::ProbeTargets& targets, MonotonicTime now);
  void heard(const wire::InspectReply& reply, MonotonicTime now);
  void heard(const wire::PlanReply& reply, MonotonicTime now);
  void heard(const wire::OutcomeReport& report, MonotonicTime now);
  // What the shell remembers for later children, or hands in with what is on disk.
  template <class Other>
  void heard(const Other&, MonotonicTime) {}

  void recover(const JournalContent& journal);
  void resume_from_journal(const Unfinished& unfinished, Job& job);
  [[nodiscard]] bool superseded(const Job& job) const;
  void begin_again(Job job);
  void rebind_crashed(Job job, const JournalContent& journal, MonotonicTime now);
  void clear_after_rehearsal(const JournalContent& journal, MonotonicTime now);
  void enter_quarantine(wire::Quarantine why, MonotonicTime now);
  void tick_job(MonotonicTime now);
  void look_after_session(MonotonicTime now);
  void look_what_scripts_wait_for(MonotonicTime now);
  void end_overdue_script_wait(MonotonicTime now);
  void look_when_due(MonotonicTime now);
  void start_next_job(MonotonicTime now);

  void enqueue(Job job);
  void look_soon(MonotonicTime now);
  void answered();
  // The child of `job` gives no answer any more; whoever waits for it gets this one.
  void fail_job(const Job& job, const Fact& reason,
                const Cure& cure = Cure(CureCode::look_at_nfs_servers));
  void take_inventory(const wire::Inventory& inventory, bool watch_for_drift);
  void finish_rebind(const Job& job, const wire::OutcomeReport& ended, MonotonicTime now);
  void tell_waiting();
  void tell_state();
  void tell(wire::ToSession message) { effects_.push_back(TellSession{std::move(message)}); }
  void log(const char* id, std::string text) { effects_.push_back(LogLine{id, std::move(text)}); }
  ExecutorEffects take() { return std::exchange(effects_, {}); }

  const ExecutorConfig config_;
  Fence fence_;
  Quarantine quarantine_;
  wire::DirectoryRead directory_;  // as it was read last
  OrderRate rate_;
  uint64_t counted_ = 0;  // the generation that was counted last
  JobQueue queue_;
  std::optional<RunningJob> running_;
  std::optional<ScriptWait> script_wait_;
  Leftovers leftovers_;

  std::optional<wire::Inventory> inventory_;  // nullopt: nobody has looked yet
  std::optional<wire::ProbeTargets> probe_targets_;
  std::vector<NfsMount> mounts_;
  wire::NfsServers nfs_servers_;
  std::optional<MonotonicTime> look_due_;  // something changed; look at it then
  MonotonicTime routine_look_due_;
  MonotonicTime session_started_;
  std::optional<MonotonicTime> session_due_;  // nullopt: it runs
  MonotonicTime session_heard_;
  bool session_asked_ = false;  // whether it is alive
  Bucket session_lines_;
  ExecutorEffects effects_;
};

}  // namespace sn::agent
