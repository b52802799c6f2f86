#include "agent/executor/services.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "agent/executor/own_daemon.h"
#include "agent/executor/primitives/run_command.h"
#include "agent/references/kind.h"
#include "agent/watch/files.h"
#include "agent/watch/process.h"
#include "common/base/clock.h"
#include "common/base/pidfd.h"
#include "common/base/unique_fd.h"
#include "common/facts/text.h"

namespace sn::agent {

namespace {

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
// What asks or tells a daemon (chronyc, systemctl --no-block) answers at once or not at all.
constexpr uint32_t kToolDeadlineMs = 5'000;
// systemd answers in milliseconds, or is as stuck as the node.
constexpr uint32_t kMainPidMs = 1'000;

// A start is cut to the tick before it (10 ms), the file's time to the timer before it (4 ms).
constexpr int64_t kTickNs = 20'000'000;

void pause_ms(int ms) { poll(nullptr, 0, ms); }

// Waits until one of the processes ends, or for `ms`, and forgets the ones that ended.
void await_end(std::vector<UniqueFd>& processes, int64_t ms) {
  std::vector<pollfd> waits;
  for (const auto& process : processes) waits.push_back({process.get(), POLLIN, 0});
  poll(waits.data(), waits.size(), static_cast<int>(std::max<int64_t>(ms, 0)));
  for (size_t i = waits.size(); i-- > 0;) {
    if (waits[i].revents != 0) processes.erase(processes.begin() + static_cast<ptrdiff_t>(i));
  }
}

// Sends SIGHUP through a pidfd, so that a process which took the pid meanwhile does not get it.
// not_found: the process ended.
Status hang_up(const ServiceProcess& process) {
  const UniqueFd handle = open_pidfd(process.pid);
  const auto stat = process_stat(process.pid);
  if (!handle || !stat || stat->start_ticks != process.start_ticks) {
    return fail(ErrorClass::not_found, "reloading", std::to_string(process.pid),
                Fact(FactCode::it_ended));
  }
  if (!signal_pidfd(handle, SIGHUP)) {
    return fail_errno("sending SIGHUP to", std::to_string(process.pid));
  }
  return {};
}

Status hang_up_all(const std::vector<ServiceProcess>& processes) {
  for (const auto& process : processes) {
    auto status = hang_up(process);
    // A process that just started again has read its files; one that is gone has nothing to reload.
    if (!status && status.error().what != ErrorClass::not_found) return status;
  }
  return {};
}

Status restart_unit(const std::string& unit) {
  const auto result = run_command({"systemctl", "--no-block", "restart", unit}, kToolDeadlineMs);
  if (!result) return tl::unexpected(result.error());
  if (result->exit_code != 0) {
    return fail(ErrorClass::internal, "restarting", unit, exited("systemctl", *result),
                Cure(CureCode::systemctl_status, {.name = unit}));
  }
  return {};
}

Status ask(const Daemon& daemon, const std::vector<std::string>& wanted,
           const std::vector<std::string>& unwanted) {
  const auto answer = run_command(daemon.question(), kToolDeadlineMs);
  if (!answer) return tl::unexpected(answer.error());
  return daemon.judge(answer->output, wanted, unwanted);
}

}  // namespace

// Whoever stands in a unit that is not his own is no daemon of it, and the unit is not restarted
// for him. A unit without a main process (made from an init script) tells nothing.
bool Services::is_main_process(const Daemon& daemon, const ServiceProcess& process) const {
  struct stat info{};
  if (process.unit.empty() || stat("/run/systemd/system", &info) != 0) return true;
  const auto known = std::find(main_.begin(), main_.end(), process);
  if (known != main_.end()) return true;
  if (!is_in_pid_file(daemon, process.pid)) {
    const auto shown = run_command(
        {"systemctl", "show", "--property=MainPID", "--value", process.unit}, kMainPidMs);
    // Without an answer it is judged by its user and its executable alone.
    if (shown && shown->exit_code == 0) {
      int main = 0;
      const std::string& text = shown->output;
      std::from_chars(text.data(), text.data() + text.size(), main);
      if (main != 0 && main != process.pid) return false;
    }
  }
  main_.push_back(process);
  return true;
}

RunningServices Services::running_all() const {
  struct Found {
    ServiceProcess process;
    int parent = 0;
  };
  std::map<std::string, std::vector<Found>> found;
  for (const int pid : all_pids()) {
    const Daemon* daemon = daemon_of_process(process_name(pid));
    if (daemon == nullptr || !in_own_pid_namespace(pid)) continue;
    const auto stat = process_stat(pid);
    if (!stat || stat->state == 'Z' || !is_the_daemon(*daemon, pid)) continue;
    found[std::string(daemon->service())].push_back(
        {{pid, stat->start_ticks, unit_of(pid)}, stat->parent});
  }
  // A daemon's helper (chronyd has one) is its child and has its name; the main process is the one
  // whose parent is not one of them.
  RunningServices services;
  for (const auto& [service, processes] : found) {
    for (const auto& one : processes) {
      const bool helper = std::any_of(processes.begin(), processes.end(), [&](const Found& other) {
        return other.process.pid == one.parent;
      });
      const Daemon* daemon = daemon_of_service(service);
      if (helper || !is_main_process(*daemon, one.process)) continue;
      services[service].push_back(one.process);
    }
    if (!services.contains(service)) continue;
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

Status Services::restart(const std::string& service) const {
  const auto before = running(service);
  if (before.empty())
    return fail(ErrorClass::not_found, "restarting", service, Fact(FactCode::does_not_run));
  const Daemon* daemon = daemon_of_service(service);
  if (daemon != nullptr && daemon->told() == Daemon::Told::hang_up) return hang_up_all(before);
  const MonotonicTime deadline = monotonic_now() + deadline_ms_;
  std::vector<UniqueFd> old;
  for (const auto& process : before) old.push_back(open_pidfd(process.pid));
  if (auto status = order_restart(service, before); !status) return status;
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
              Fact(FactCode::no_new_process, {.ms = static_cast<uint64_t>(deadline_ms_)}),
              Cure(CureCode::look_at_log_and_start));
}

// If two entries have one name, the later one counts.
const ServiceArgv* Services::argv_of(const std::string& service) const {
  const auto argv = std::find_if(configured_.rbegin(), configured_.rend(),
                                 [&](const ServiceArgv& one) { return one.name == service; });
  return argv == configured_.rend() ? nullptr : &*argv;
}

Status Services::order_restart(const std::string& service,
                               const std::vector<ServiceProcess>& before) const {
  if (auto status = may_restart(service, before); !status) return status;
  if (const ServiceArgv* argv = argv_of(service)) return run_configured(*argv);
  return restart_unit(before.front().unit);
}

Status Services::may_restart(const std::string& service,
                             const std::vector<ServiceProcess>& before) const {
  const Daemon* daemon = daemon_of_service(service);
  if (daemon != nullptr && daemon->told() == Daemon::Told::hang_up) return {};
  if (argv_of(service) != nullptr) return {};
  struct stat info{};
  if (stat("/run/systemd/system", &info) == 0 && !before.front().unit.empty()) return {};
  return fail(
      ErrorClass::denied, "restarting", service,
      Fact(FactCode::outside_of_systemd, {.pid = static_cast<uint64_t>(before.front().pid)}),
      Cure(CureCode::configure_service));
}

Status Services::run_configured(const ServiceArgv& argv) const {
  const std::string& service = argv.name;
  for (const auto* step : {&argv.stop, &argv.start}) {
    if (step->empty()) continue;
    auto result = run_command(*step, deadline_ms_);
    // One refusal (no process, a server that came back) must not leave the service stopped.
    const bool refused =
        result ? result->exit_code != 0 : result.error().what != ErrorClass::timed_out;
    if (step == &argv.start && refused) result = run_command(*step, deadline_ms_);
    if (!result) {
      return fail(result.error().what, "restarting", service,
                  Fact(FactCode::did_not_end, {.name = step->front()}, result.error().fact()),
                  Cure(CureCode::see_service_log_and_start));
    }
    // A stop that fails may mean that it just ended; the start decides.
    if (step == &argv.start && result->exit_code != 0) {
      return fail(ErrorClass::internal, "restarting", service, exited(step->front(), *result),
                  Cure(CureCode::see_service_log));
    }
  }
  return {};
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
  return fail(ErrorClass::timed_out, "starting", service, Fact(FactCode::ran_before),
              Cure(CureCode::start_by_hand));
}

Status Services::run_live(const Daemon& daemon, const std::vector<Argv>& commands) const {
  for (const auto& command : daemon.joined(commands)) {
    const auto result = run_command(command, kToolDeadlineMs);
    if (!result) return tl::unexpected(result.error());
    if (result->exit_code != 0) {
      return fail(ErrorClass::internal, "running", join(command, " "),
                  exited(command.front(), *result));
    }
  }
  return {};
}

Status Services::follows(const Daemon& daemon, const std::vector<std::string>& wanted,
                         const std::vector<std::string>& unwanted, uint32_t deadline_ms) const {
  const MonotonicTime deadline = monotonic_now() + deadline_ms;
  while (true) {
    auto status = ask(daemon, wanted, unwanted);
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
