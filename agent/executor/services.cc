#include "agent/executor/services.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "agent/executor/primitives/run_command.h"
#include "agent/watch/files.h"
#include "agent/watch/process.h"
#include "common/base/clock.h"
#include "common/base/pidfd.h"
#include "common/base/unique_fd.h"
#include "common/model/address.h"

namespace sn::agent {

namespace {

// The name a daemon runs under (/proc/PID/comm) -> its service; empty: none of ours.
std::string service_of_daemon(const std::string& name) {
  static const std::pair<const char*, const char*> kDaemons[] = {
      {"rsyslogd", "rsyslog"}, {"syslogd", "rsyslog"}, {"chronyd", "chrony"},
      {"ntpd", "ntp"},         {"nimsh", "nimsh"},     {"automount", "autofs"},
  };
  for (const auto& [daemon, service] : kDaemons) {
    if (name == daemon) return service;
  }
  return {};
}

// "0::/system.slice/rsyslog.service" -> "rsyslog.service".
std::string unit_of(int pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/cgroup", 16 * 1024);
  if (!text) return {};
  const size_t end = text->find(".service");
  if (end == std::string::npos) return {};
  const size_t slash = text->rfind('/', end);
  return slash == std::string::npos ? std::string() : text->substr(slash + 1, end + 8 - slash - 1);
}

// A look is a walk through /proc, which costs a slow node 10 ms: seldom enough to leave most of a
// processor to the daemon that starts, often enough not to hold up a restart.
constexpr int kLookEveryMs = 25;
// chronyc and systemctl --no-block answer at once or not at all.
constexpr uint32_t kToolDeadlineMs = 5'000;

// A start is cut to the tick before it (10 ms), the file's time to the timer before it (4 ms).
constexpr int64_t kTickNs = 20'000'000;

void pause_ms(int ms) { poll(nullptr, 0, ms); }

// Until one of them ends, or for `ms`. Those that ended are forgotten.
void await_end(std::vector<UniqueFd>& processes, int64_t ms) {
  std::vector<pollfd> waits;
  for (const auto& process : processes) waits.push_back({process.get(), POLLIN, 0});
  poll(waits.data(), waits.size(), static_cast<int>(std::max<int64_t>(ms, 0)));
  for (size_t i = waits.size(); i-- > 0;) {
    if (waits[i].revents != 0) processes.erase(processes.begin() + static_cast<ptrdiff_t>(i));
  }
}

// Through a pidfd, so that nobody gets it who took the pid meanwhile. not_found: the process ended.
Status hang_up(const ServiceProcess& process) {
  const UniqueFd handle = open_pidfd(process.pid);
  const auto stat = process_stat(process.pid);
  if (!handle || !stat || stat->start_ticks != process.start_ticks) {
    return fail(ErrorClass::not_found, "reloading", std::to_string(process.pid), "it ended");
  }
  if (!signal_pidfd(handle, SIGHUP)) {
    return fail_errno("sending SIGHUP to", std::to_string(process.pid));
  }
  return {};
}

Status chrony_uses_now(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& unwanted) {
  const auto listing = run_command({"chronyc", "-n", "-c", "sources"}, kToolDeadlineMs);
  if (!listing) return tl::unexpected(listing.error());
  // -c: comma separated, the third field is the address.
  std::vector<std::string> listed;
  size_t begin = 0;
  while (begin < listing->output.size()) {
    const size_t end = std::min(listing->output.find('\n', begin), listing->output.size());
    const std::string line = listing->output.substr(begin, end - begin);
    const size_t first = line.find(',');
    const size_t second = first == std::string::npos ? first : line.find(',', first + 1);
    if (second != std::string::npos) {
      const size_t third = line.find(',', second + 1);
      listed.push_back(line.substr(second + 1, third - second - 1));
    }
    begin = end + 1;
  }
  const auto has = [&](const std::string& address) {
    return std::find(listed.begin(), listed.end(), address) != listed.end();
  };
  for (const auto& address : unwanted) {
    if (has(address)) {
      return fail(ErrorClass::stale, "asking", "chronyc sources", address + " is still a source",
                  "restart chronyd");
    }
  }
  if (!std::any_of(wanted.begin(), wanted.end(), has)) {
    return fail(ErrorClass::stale, "asking", "chronyc sources",
                (wanted.empty() ? std::string("nothing") : wanted.front()) + " is not a source",
                "chronyc sources, on the node, shows what chronyd does");
  }
  return {};
}

}  // namespace

RunningServices Services::running_all() const {
  struct Found {
    ServiceProcess process;
    int parent = 0;
  };
  std::map<std::string, std::vector<Found>> found;
  for (const int pid : all_pids()) {
    const std::string service = service_of_daemon(process_name(pid));
    if (service.empty() || !in_own_pid_namespace(pid)) continue;
    const auto stat = process_stat(pid);
    if (!stat || stat->state == 'Z') continue;
    found[service].push_back({{pid, stat->start_ticks, unit_of(pid)}, stat->parent});
  }
  // chronyd's helper is its child and has its name; the main process is the one whose parent is
  // not one of them.
  RunningServices services;
  for (const auto& [service, processes] : found) {
    for (const auto& one : processes) {
      const bool helper = std::any_of(processes.begin(), processes.end(), [&](const Found& other) {
        return other.process.pid == one.parent;
      });
      if (!helper) services[service].push_back(one.process);
    }
    std::sort(services[service].begin(), services[service].end(),
              [](const auto& a, const auto& b) { return a.pid < b.pid; });
  }
  return services;
}

std::vector<ServiceProcess> Services::running(const std::string& service) const {
  auto all = running_all();
  const auto found = all.find(service);
  return found == all.end() ? std::vector<ServiceProcess>{} : std::move(found->second);
}

bool Services::reloads(std::string_view service) { return service == "autofs"; }

Status Services::restart(const std::string& service) const {
  const auto before = running(service);
  if (before.empty()) return fail(ErrorClass::not_found, "restarting", service, "it does not run");
  if (reloads(service)) {
    for (const auto& process : before) {
      auto status = hang_up(process);
      // One that just started again has read its files; one that is gone has nothing to reload.
      if (!status && status.error().what != ErrorClass::not_found) return status;
    }
    return {};
  }
  const ServiceArgv* argv = nullptr;
  for (const auto& candidate : configured_) {
    if (candidate.name == service) argv = &candidate;
  }
  struct stat info{};
  const bool systemd = stat("/run/systemd/system", &info) == 0 && !before.front().unit.empty();
  const MonotonicTime deadline = monotonic_now() + deadline_ms_;
  std::vector<UniqueFd> old;
  for (const auto& process : before) old.push_back(open_pidfd(process.pid));
  if (argv != nullptr) {
    for (const auto* step : {&argv->stop, &argv->start}) {
      if (step->empty()) continue;
      auto result = run_command(*step, deadline_ms_);
      // What was stopped does not stay so for one refusal (no process, a server that came back).
      const bool refused =
          result ? result->exit_code != 0 : result.error().what != ErrorClass::timed_out;
      if (step == &argv->start && refused) result = run_command(*step, deadline_ms_);
      if (!result) {
        return fail(result.error().what, "restarting", service,
                    step->front() + " did not end: " + result.error().message(),
                    "see the service's own log, and start it by hand");
      }
      // A stop that fails may mean that it just ended; the start decides.
      if (step == &argv->start && result->exit_code != 0) {
        return fail(ErrorClass::internal, "restarting", service,
                    step->front() + " exited " + std::to_string(result->exit_code) + ": " +
                        result->output.substr(0, 200),
                    "see the service's own log");
      }
    }
  } else if (systemd) {
    const auto result =
        run_command({"systemctl", "--no-block", "restart", before.front().unit}, kToolDeadlineMs);
    if (!result) return tl::unexpected(result.error());
    if (result->exit_code != 0) {
      return fail(ErrorClass::internal, "restarting", before.front().unit,
                  "systemctl exited " + std::to_string(result->exit_code) + ": " +
                      result->output.substr(0, 200),
                  "systemctl status " + before.front().unit);
    }
  } else {
    return fail(ErrorClass::denied, "restarting", service,
                "it runs (pid " + std::to_string(before.front().pid) +
                    ") outside of systemd, and no [[service]] is configured for it",
                "name its stop and start in /etc/snagent/agent.toml, or restart it by hand");
  }
  while (true) {
    await_end(old, std::min<int64_t>(deadline - monotonic_now(), kLookEveryMs));
    for (const auto& process : running(service)) {
      // Not its unit: a process that is ending has left its control group already.
      const bool known = std::any_of(before.begin(), before.end(), [&](const auto& one) {
        return one.pid == process.pid && one.start_ticks == process.start_ticks;
      });
      if (!known) return {};
    }
    if (monotonic_now() >= deadline) break;
  }
  return fail(ErrorClass::timed_out, "restarting", service,
              "no new process within " + std::to_string(deadline_ms_) + " ms",
              "look at its log, and start it by hand");
}

Status Services::start(const std::string& service) const {
  for (const auto& argv : configured_) {
    if (argv.name != service) continue;
    const auto result = run_command(argv.start, deadline_ms_);
    if (!result) return tl::unexpected(result.error());
    const MonotonicTime deadline = monotonic_now() + deadline_ms_;
    while (running(service).empty() && monotonic_now() < deadline) pause_ms(kLookEveryMs);
  }
  if (!running(service).empty()) return {};
  // Not not_found: that means that nothing ran and nothing was to be done.
  return fail(ErrorClass::timed_out, "starting", service,
              "it ran before it was to be restarted, and does not run now", "start it by hand");
}

std::vector<Argv> Services::joined(const std::vector<Argv>& commands) {
  std::vector<Argv> fewer;
  for (const auto& command : commands) {
    if (command.front() != "chronyc") {
      fewer.push_back(command);
      continue;
    }
    if (fewer.empty() || fewer.back().front() != "chronyc") fewer.push_back({"chronyc", "-m"});
    std::string words;
    for (size_t i = 1; i < command.size(); ++i) words += (i == 1 ? "" : " ") + command[i];
    fewer.back().push_back(std::move(words));
  }
  return fewer;
}

Status Services::run_live(const std::vector<Argv>& commands) const {
  for (const auto& command : joined(commands)) {
    const auto result = run_command(command, kToolDeadlineMs);
    if (!result) return tl::unexpected(result.error());
    if (result->exit_code != 0) {
      std::string text;
      for (const auto& word : command) text += (text.empty() ? "" : " ") + word;
      return fail(
          ErrorClass::internal, "running", text,
          "exited " + std::to_string(result->exit_code) + ": " + result->output.substr(0, 200));
    }
  }
  return {};
}

Status Services::chrony_uses(const std::vector<std::string>& wanted,
                             const std::vector<std::string>& unwanted, uint32_t deadline_ms) const {
  const MonotonicTime deadline = monotonic_now() + deadline_ms;
  while (true) {
    auto status = chrony_uses_now(wanted, unwanted);
    if (status || monotonic_now() >= deadline) return status;
    pause_ms(kLookEveryMs);
  }
}

bool Services::older_than(const std::vector<ServiceProcess>& processes, int64_t changed_ns) {
  // A start is counted in ticks since the boot. /proc/stat tells the boot in whole seconds only, so
  // both clocks are read here.
  const auto read_clock = [](clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  const int64_t boot_ns = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME);
  const auto ticks_a_second = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  return std::any_of(processes.begin(), processes.end(), [&](const ServiceProcess& process) {
    const auto start_ns =
        static_cast<int64_t>(process.start_ticks * (1'000'000'000 / ticks_a_second));
    return boot_ns + start_ns + kTickNs < changed_ns;
  });
}

}  // namespace sn::agent
