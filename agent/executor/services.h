// The daemons of the kinds (references/daemon.h) as they run on this node: which do, how one is
// told that its files changed, and whether it follows them.
//
// Only what runs is restarted. With systemd the unit that owns the running process is restarted,
// without waiting for the job; without it a configured argv is used, never one guessed from /proc.
// A restart counts only when a new process is observed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "agent/references/daemon.h"
#include "common/base/error.h"

namespace sn::agent {

struct ServiceProcess {
  int pid = 0;
  uint64_t start_ticks = 0;  // /proc/PID/stat field 22: tells a reused pid apart
  std::string unit;          // systemd's, from its cgroup; empty: none
  bool operator==(const ServiceProcess&) const = default;
};

// Processes by the name of their service.
using RunningServices = std::map<std::string, std::vector<ServiceProcess>>;

class Services {
 public:
  Services(std::vector<ServiceArgv> configured, uint32_t deadline_ms)
      : configured_(std::move(configured)), deadline_ms_(deadline_ms) {}

  // Every service of the kinds that runs, in one walk through /proc. A process counts that is the
  // daemon (own_daemon.h) and, with systemd, the main process of its unit or the one of its pid
  // file.
  [[nodiscard]] RunningServices running_all() const;

  // The main processes of a service in our own pid namespace; empty: it does not run.
  [[nodiscard]] std::vector<ServiceProcess> running(const std::string& service) const;

  // Tells it in its daemon's way. Returns once a new process is there, or SIGHUP is delivered.
  // not_found: nothing runs, nothing was done. denied: no way
  // to restart it is known. timed_out: the new process was not observed before the deadline.
  [[nodiscard]] Status restart(const std::string& service) const;

  // Whether a way to restart it is known, as restart() would find: what a plan says beforehand.
  // `processes`: its own, at least one. denied: none is; restart() ends with the same error.
  [[nodiscard]] Status may_restart(const std::string& service,
                                   const std::vector<ServiceProcess>& processes) const;

  // Starts a service that an interrupted restart stopped: it ran before, so it may be started.
  [[nodiscard]] Status start(const std::string& service) const;

  // The commands for `daemon` one by one; the first that fails ends it.
  [[nodiscard]] Status run_live(const Daemon& daemon, const std::vector<Argv>& commands) const;

  // A daemon that can be asked follows one of `wanted` and none of `unwanted` (numeric addresses).
  // It is asked again until `deadline_ms` have passed.
  [[nodiscard]] Status follows(const Daemon& daemon, const std::vector<std::string>& wanted,
                               const std::vector<std::string>& unwanted,
                               uint32_t deadline_ms) const;

  // One of the processes is older than a change of a file at `changed_ns` (Unix time): it can't
  // have read it.
  [[nodiscard]] static bool older_than(const std::vector<ServiceProcess>& processes,
                                       int64_t changed_ns);

 private:
  // nullptr: none is configured.
  [[nodiscard]] const ServiceArgv* argv_of(const std::string& service) const;
  [[nodiscard]] bool is_main_process(const Daemon& daemon, const ServiceProcess& process) const;
  [[nodiscard]] Status order_restart(const std::string& service,
                                     const std::vector<ServiceProcess>& before) const;
  [[nodiscard]] Status run_configured(const ServiceArgv& argv) const;

  std::vector<ServiceArgv> configured_;
  uint32_t deadline_ms_;
  // Those that were found to be, so that systemd is asked once of each.
  mutable std::vector<ServiceProcess> main_;
};

}  // namespace sn::agent
