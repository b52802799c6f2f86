// The daemons that read our files: what runs, how it is restarted, and whether it was.
//
// Only what runs is restarted. With systemd the unit that owns the running process is restarted,
// without waiting for the job; without it a configured argv is used, never one guessed from /proc.
// A restart counts only when a new process is observed. autofs is the exception: a restart would
// take mounts away from running programs, so it gets SIGHUP (automount(8)) and that counts when it
// is delivered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "agent/references/kind.h"
#include "common/base/error.h"

namespace sn::agent {

struct ServiceProcess {
  int pid = 0;
  uint64_t start_ticks = 0;  // /proc/PID/stat field 22: tells a reused pid apart
  std::string unit;          // systemd's, from its cgroup; empty: none
  bool operator==(const ServiceProcess&) const = default;
};

// By service.
using RunningServices = std::map<std::string, std::vector<ServiceProcess>>;

inline constexpr uint32_t kChronyDeadlineMs = 3'000;

class Services {
 public:
  Services(std::vector<ServiceArgv> configured, uint32_t deadline_ms)
      : configured_(std::move(configured)), deadline_ms_(deadline_ms) {}

  // Every service of the kinds that runs, in one walk through /proc.
  [[nodiscard]] RunningServices running_all() const;

  // The main processes of a service in our own pid namespace; empty: it does not run.
  [[nodiscard]] std::vector<ServiceProcess> running(const std::string& service) const;

  // Returns once a new process is there. not_found: nothing runs, nothing was done. denied: no way
  // to restart it is known. timed_out: the new process was not observed before the deadline.
  [[nodiscard]] Status restart(const std::string& service) const;

  // restart() sends SIGHUP: the process stays, and so stays older than its files.
  [[nodiscard]] static bool reloads(std::string_view service);

  // For a service that was stopped for a restart which was interrupted: it ran, so it may be
  // started.
  [[nodiscard]] Status start(const std::string& service) const;

  // The commands one by one; the first that fails ends it.
  [[nodiscard]] Status run_live(const std::vector<Argv>& commands) const;
  // Several commands for chronyd are told to one chronyc (-m, chronyc(1)): starting a program is
  // most of what one costs.
  [[nodiscard]] static std::vector<Argv> joined(const std::vector<Argv>& commands);

  // chronyd lists one of `wanted` among its sources and none of `unwanted` (numeric addresses). A
  // name is resolved by chronyd in its own time, so this is looked at until `deadline_ms`.
  [[nodiscard]] Status chrony_uses(const std::vector<std::string>& wanted,
                                   const std::vector<std::string>& unwanted,
                                   uint32_t deadline_ms) const;

  // One of the processes is older than a change of a file at `changed_ns` (Unix time): it can't
  // have read it.
  [[nodiscard]] static bool older_than(const std::vector<ServiceProcess>& processes,
                                       int64_t changed_ns);

 private:
  std::vector<ServiceArgv> configured_;
  uint32_t deadline_ms_;
};

}  // namespace sn::agent
