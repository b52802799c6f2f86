// The executor: root, main process, knows no network. It discovers, plans and acts (in disposable
// children), and keeps the session alive, which is the part that talks to the coordinator.
//
// What the session asks is a closed list of verbs that carry names and numbers only; the executor
// recomputes every plan, keeps the fence, and looks service nodes up in its own root-owned
// directory. A session gone bad can move the node between known service nodes and nothing else.
//
// One thread, one poll loop; it never opens a file after start-up except its own under run_dir.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/executor/change_watch.h"
#include "agent/executor/child.h"
#include "agent/executor/directory_file.h"
#include "agent/executor/fence.h"
#include "agent/executor/job.h"
#include "agent/executor/job_queue.h"
#include "agent/executor/journal.h"
#include "agent/executor/primitives/swap_mount.h"
#include "agent/executor/quarantine.h"
#include "agent/executor/script_wait.h"
#include "agent/executor/services.h"
#include "agent/executor/session_process.h"
#include "agent/watch/sockets.h"
#include "agent/watch/unclaimed.h"
#include "common/base/clock.h"

namespace sn::agent {

class Executor {
 public:
  // Runs in the forked session process until it ends; its result is the exit code.
  using SessionMain = SessionProcess::Main;

  Executor(AgentConfig config, SessionMain session_main);
  ~Executor();

  // Prepares run_dir, takes the lock, recovers an unfinished plan, starts the session and serves
  // until SIGTERM or SIGINT. The error says what keeps it from starting.
  [[nodiscard]] Status run();

 private:
  [[nodiscard]] Status prepare();
  [[nodiscard]] Status recover();
  void take_up(Journal::Unfinished unfinished, Job& job);
  [[nodiscard]] Status start_session();
  void serve();

  void on_session_message();
  void on_verb(const wire::LocalMessage& verb);
  void on_plan_verb(const wire::PlanVerb& verb);
  [[nodiscard]] Status may_plan(bool stage) const;
  void on_rebind_verb(const wire::RebindVerb& verb);
  void on_clear_verb(const wire::ClearVerb& verb);
  void on_child_message();
  void on_child_gone();
  void on_signal();
  void on_mounts_changed();
  void load_nfs_versions() const;
  void on_time();
  void on_scripts_at_work(const wire::ScriptsAtWork& found);
  void on_scripts_gone();
  void enter_quarantine(wire::Quarantine why);
  void refuse_what_waits();
  void on_looked_again(const wire::ClearReply& reply);
  void give_up_waiting();
  void tell_waiting();

  void look_soon();
  void enqueue(Job job);
  void start_next_job();
  void clear_after_rehearsal();
  void fail_job(const std::string& reason,
                const std::string& cure = "look at the NFS servers this node hangs on");
  void took_inventory(wire::Inventory inventory, bool watch_for_drift);
  void finished_rebind(wire::OutcomeReport report);
  void tell_state();
  [[nodiscard]] int poll_timeout_ms() const;

  AgentConfig config_;
  Services services_;
  FenceFile fence_file_;
  Fence fence_;
  Quarantine quarantine_;
  DirectoryFile directory_;
  std::string directory_digest_;
  std::string boot_id_;
  UniqueFd lock_;
  UniqueFd signals_;
  ChangeWatch changes_;
  std::vector<NfsMount> mounts_;
  MountOrder mount_order_ = MountOrder::detach_first;

  SessionProcess session_;
  JobQueue queue_;
  std::optional<Job> job_;
  std::unique_ptr<Child> child_;
  MonotonicTime job_deadline_;  // of inspect and plan, and of a rebind's look for scripts
  bool looking_ = false;        // a rebind's child has not yet said whether scripts are at work
  bool look_blocked_ = false;   // and was killed for it
  std::optional<ScriptWait> waiting_;
  bool job_answered_ = false;
  Leftovers leftovers_;
  int crashes_ = 0;  // of children in a row that were to finish the same rebind

  std::optional<wire::Inventory> inventory_;
  std::vector<UnclaimedMention> mentions_;
  std::vector<OpenSocket> sockets_;  // of the last preflight
  std::vector<wire::Marker> markers_;
  std::optional<wire::ProbeTargets> probe_targets_;
  wire::NfsServers nfs_servers_;           // of mounts_ and the configuration
  std::optional<MonotonicTime> look_due_;  // something changed; look at it then
  MonotonicTime slow_look_due_;
  bool stopping_ = false;
};

}  // namespace sn::agent
