// The executor: root, main process, knows no network. It discovers, plans and acts (in disposable
// children), and keeps the session alive, which is the part that talks to the coordinator.
//
// What the session asks is a closed list of verbs (wire::Verb) that carry names and numbers only;
// the executor recomputes every plan, keeps the fence, and looks service nodes up in its own
// root-owned directory. What changes the node is signed by the coordinator: a session gone bad can
// have it read the node, and nothing else.
//
// What is decided is decided by core/executor_core.h. This is its shell: descriptors, forks, the
// lock, and the files under run_dir. One thread, one reactor (common/net/reactor.h) over plain fds:
// there is no context of ZeroMQ in this process. It never opens a file after start-up except its
// own under run_dir.
//
// A turn first hears what the child says, so that its last words come before its death, then the
// signals, then the session's verbs, then what changed on the node and scripts that ended. It ends
// with the core's tick.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/core/executor_core.h"
#include "agent/enrolment/knocker.h"
#include "agent/executor/change_watch.h"
#include "agent/executor/child.h"
#include "agent/executor/child_memory.h"
#include "agent/executor/directory_file.h"
#include "agent/executor/fence_file.h"
#include "agent/executor/journal.h"
#include "agent/executor/primitives/exchange_mount.h"
#include "agent/executor/quarantine_file.h"
#include "agent/executor/script_watch.h"
#include "agent/executor/services.h"
#include "agent/executor/session_process.h"
#include "common/net/reactor.h"

namespace sn::agent {

class Executor {
 public:
  // Runs in the forked session process until it ends; its result is the exit code.
  using SessionMain = SessionProcess::Main;

  // `knock_main` in the forked process that knocks.
  Executor(AgentConfig config, std::string boot_id, SessionMain session_main,
           Knocker::Main knock_main);
  ~Executor();

  // Prepares run_dir, takes the lock, recovers an unfinished plan, starts the session and serves
  // until SIGTERM or SIGINT. The error says what keeps it from starting.
  [[nodiscard]] Status run();

 private:
  [[nodiscard]] Status prepare();
  [[nodiscard]] Status start_session();
  // In the fork of a process that is no child of a job.
  void let_go();
  void serve();
  void end_turn();

  void on_signal();
  void on_child_message();
  void look_at_mounts();
  [[nodiscard]] JournalContent read_journal() const;

  void carry_out(const ExecutorEffects& effects);
  void carry_out(const TellSession& effect);
  void carry_out(const StartSession& effect);
  void carry_out(const EndSession& effect);
  void carry_out(const SpawnChild& effect);
  void carry_out(const KillChild& effect);
  void carry_out(const StoreOutcome& effect);
  void carry_out(const StoreQuarantine& effect);
  void carry_out(const RemoveQuarantine& effect);
  void carry_out(const LogLine& effect);
  void carry_out(const StartKnock& effect);

  AgentConfig config_;
  std::string boot_id_;
  ExecutorCore core_;
  Services services_;
  FenceFile fence_file_;
  QuarantineFile quarantine_file_;
  DirectoryFile directory_;
  net::Reactor reactor_;
  UniqueFd lock_;
  UniqueFd signals_;
  net::Reactor::Watch signals_watch_;
  ChangeWatch changes_;
  ScriptWatch scripts_;
  MountOrder mount_order_ = MountOrder::detach_first;
  ChildMemory memory_;
  SessionProcess session_;
  Knocker knocker_;
  std::unique_ptr<Child> child_;
  net::Reactor::Watch child_watch_;
  net::Reactor::Alarm tick_;
};

}  // namespace sn::agent
