#include "agent/executor/executor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/executor/own_file.h"
#include "agent/executor/primitives/run_command.h"
#include "agent/executor/rebind.h"
#include "agent/log.h"
#include "agent/mounts/markers.h"
#include "agent/mounts/mount_facts.h"
#include "agent/plan/drift.h"
#include "agent/routes/kernel_routes.h"
#include "agent/servers/nfs_servers.h"
#include "agent/watch/bounded.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "agent/watch/observe.h"
#include "agent/watch/process.h"
#include "common/base/digest.h"
#include "common/base/pidfd.h"
#include "common/model/cluster_file.h"
#include "common/net/tcp_probe.h"

namespace sn::agent {

namespace {

// A healthy node is read in milliseconds; a hung root answers in its own time, or never.
constexpr int64_t kReadDeadlineMs = 15'000;
// An editor writes a file in several steps; they are looked at as one.
constexpr int64_t kSettleMs = 300;
// inotify does not see what another NFS client does to a file.
constexpr int64_t kSlowLookMs = 10 * 60 * 1'000;
constexpr int64_t kSessionRestartMs = 500;
// One coordinator asks one thing after another; more than this is a fault on its side.
constexpr size_t kMaxQueue = 16;
// A plan that kills its child twice kills it a third time.
constexpr int kMaxCrashes = 2;
constexpr int kChildSendMs = 5'000;
// At start-up, where everything answers or nothing does.
constexpr uint32_t kModprobeMs = 3'000;
// A walk through /proc takes milliseconds, unless a process sits on the lock of its memory.
constexpr int64_t kLookForScriptsMs = 2'000;

// An NFS v4 server that was away has forgotten what was open: the first calls after its return fail
// with EIO, until the client has said it all again.
constexpr int64_t kServerReturnsMs = 10'000;
constexpr int kServerReturnsStepMs = 200;

Error refusal(std::string why, std::string cure) {
  return Error{ErrorClass::denied, "", "", std::move(why), std::move(cure), 0};
}

std::string mention_reason(const std::string& service_node) { return "mentions " + service_node; }

}  // namespace

Executor::Executor(AgentConfig config, SessionMain session_main)
    : config_(std::move(config)),
      session_main_(std::move(session_main)),
      services_(config_.services, config_.service_deadline_ms),
      fence_file_(config_.run_dir, config_.state_dir) {}

Executor::~Executor() = default;

Status Executor::run() {
  if (auto status = prepare(); !status) return status;
  if (auto status = load_directory(); !status) return status;
  if (auto fence = fence_file_.load()) {
    fence_ = std::move(*fence);
  } else {
    fence_trouble_ = fence.error().message();
    log_line("SN1901", "refusing every change: " + fence_trouble_);
  }
  Job first;
  first.with_mentions = true;
  enqueue(first);
  if (auto status = recover(); !status) {
    fence_trouble_ = status.error().message();
    log_line("SN1901", "refusing every change: " + fence_trouble_);
  }
  if (auto status = start_session(); !status) return status;
  log_line("SN1001", "node " + config_.node + ", mode " + (config_.act ? "act" : "observe") + ", " +
                         std::to_string(directory_.service_nodes.size()) + " service nodes known");
  serve();
  return {};
}

Status Executor::prepare() {
  if (mkdir(config_.run_dir.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail_errno("making", config_.run_dir);
  }
  for (const std::string& directory :
       {std::string("/proc"), std::string("/sys/block"), config_.run_dir}) {
    keep_open(directory);
  }
  const std::string lock = config_.run_dir + "/lock";
  lock_.reset(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) return fail_errno("opening", lock);
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorClass::busy, "locking", lock, "another snagentd runs", "end it first");
  }
  if (auto id = read_file("/proc/sys/kernel/random/boot_id", 256)) {
    boot_id_ = id->substr(0, id->find('\n'));
  }
  if (auto status =
          write_own_file(config_.run_dir + "/executor.pid", std::to_string(getpid()) + "\n");
      !status) {
    return status;
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals, signal);
  if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) return fail_errno("blocking", "signals");
  signals_.reset(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return fail_errno("opening", "signalfd");
  inotify_.reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_) return fail_errno("opening", "inotify");
  for (const auto& directory : watched_directories()) {
    const int watch = inotify_add_watch(
        inotify_.get(), directory.c_str(),
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR);
    // Without a watch the slow look still finds every change.
    if (watch >= 0) watches_[watch] = directory;
  }
  mount_order_ = probe_mount_order(config_.run_dir + "/stage");
  if (auto monitor = MountMonitor::open()) {
    mount_monitor_.emplace(std::move(*monitor));
  } else {
    log_line("SN1909", monitor.error().message());  // the slow look still finds every change
  }
  if (auto monitor = open_route_monitor()) route_monitor_ = std::move(*monitor);
  slow_look_due_ = monotonic_now() + kSlowLookMs;
  return {};
}

Status Executor::load_directory() {
  const auto identity = file_identity(config_.directory);
  auto directory = read_directory();
  if (!directory) return tl::unexpected(directory.error());
  directory_ = std::move(*directory);
  directory_digest_ = directory_.digest();
  if (identity) directory_file_ = *identity;
  return {};
}

Result<Directory> Executor::read_directory() const {
  struct stat info{};
  if (stat(config_.directory.c_str(), &info) != 0) {
    return fail_errno("reading", config_.directory,
                      "copy the coordinator's cluster.toml there; only root may write it");
  }
  // Whoever writes this file says where the node may be sent.
  if (info.st_uid != 0 || (info.st_mode & 022) != 0) {
    return fail(ErrorClass::denied, "reading", config_.directory, "others than root can write it",
                "chown root and chmod go-w it");
  }
  // Parsing it costs a slow node 15 ms.
  const auto identity = file_identity(config_.directory);
  const bool is_link = !identity || identity->inode != info.st_ino;
  if (!is_link && directory_file_ && *identity == *directory_file_) return directory_;
  auto cluster = load_cluster(config_.directory);
  if (!cluster) return tl::unexpected(cluster.error());
  return std::move(cluster->directory);
}

Result<Directory> Executor::read_directory_patiently() const {
  const MonotonicTime until = monotonic_now() + kServerReturnsMs;
  while (true) {
    auto directory = read_directory();
    const int os_errno = directory ? 0 : directory.error().os_errno;
    if ((os_errno != EIO && os_errno != ESTALE) || monotonic_now() >= until) return directory;
    poll(nullptr, 0, kServerReturnsStepMs);
  }
}

// An earlier process ended in the middle. Before its commit point: nothing was touched, its
// temporaries go. After it: the same rebind is planned anew from what is, and carried to its end.
Status Executor::recover() {
  const std::string path = config_.run_dir + "/journal";
  auto unfinished = Journal::read(path, boot_id_);
  if (!unfinished) return tl::unexpected(unfinished.error());
  if (!*unfinished) return {};
  Job job;
  job.kind = Job::Kind::rebind;
  job.rebind = (*unfinished)->rebind;
  const std::string last_step = (*unfinished)->last_step;
  take_up(std::move(**unfinished), job);
  if (!job.recovering) {
    log_line("SN1011",
             job.rebind.takeover + " was interrupted before its commit point; nothing was changed");
    return {};
  }
  log_line("SN1012", job.rebind.takeover + " was interrupted in '" + last_step + "'; finishing it");
  enqueue(std::move(job));
  return {};
}

void Executor::take_up(Journal::Unfinished unfinished, Job& job) {
  leftovers_ = std::move(unfinished.staged);
  leftovers_begun_ = job.recovering = unfinished.past_commit_point;
  if (!job.recovering) return;
  job.open_step = std::move(unfinished.open_step);
  job.unfinished_swaps = std::move(unfinished.swaps);
}

// In a child, before anything else of its work: a file may lie on a server that does not answer.
void Executor::clear_leftovers() const {
  for (const auto& staged : leftovers_) ReplaceFile::clean_up(staged, leftovers_begun_);
  if (!leftovers_.empty() && !leftovers_begun_) Journal::remove(config_.run_dir + "/journal");
}

Status Executor::start_session() {
  auto ends = Channel::make_pair();
  if (!ends) return tl::unexpected(ends.error());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("forking", "the session");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    // None of the executor's fds is the session's business.
    lock_.reset();
    signals_.reset();
    inotify_.reset();
    route_monitor_.reset();
    if (mount_monitor_) mount_monitor_->abandon();
    mount_monitor_.reset();
    ends->first.close();
    session_.close();
    // A child that is out is the executor's; only this copy of its channel goes.
    if (child_) child_->abandon();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    _exit(session_main_(std::move(ends->second)));
  }
  session_ = std::move(ends->first);
  session_pid_ = pid;
  session_started_ = monotonic_now();
  session_due_.reset();
  (void)write_own_file(config_.run_dir + "/session.pid", std::to_string(pid) + "\n");
  if (probe_targets_) tell_session(*probe_targets_);
  tell_session(nfs_servers_);
  if (waiting_) tell_waiting();  // before the state, which lets it say hello
  if (inventory_) tell_state();
  if (!mounts_.empty()) tell_session(wire::Mounts{mounts_});
  return {};
}

// ---------------------------------------------------------------- the loop

// A first mount of an NFS version makes the kernel run modprobe, which lies on the root that may be
// hanging then. Where there is none, or no module by that name, the kernel has them built in.
void Executor::load_nfs_versions() const {
  const bool uses_nfs = std::any_of(mounts_.begin(), mounts_.end(), [](const NfsMount& mount) {
    return mount.what != MountClass::other;
  });
  if (uses_nfs) (void)run_command({"modprobe", "-qab", "nfsv3", "nfsv4"}, kModprobeMs);
}

void Executor::serve() {
  on_mounts_changed();  // the first look
  // In a child: the executor itself runs no program that may hang.
  (void)run_bounded(
      [&]() -> Result<std::string> {
        load_nfs_versions();
        return std::string();
      },
      kModprobeMs, "NFS modules");
  start_next_job();
  while (!stopping_) {
    // A fixed order; -1 fds are passed over by poll.
    std::vector<pollfd> waits{{signals_.get(), POLLIN, 0},
                              {session_.fd(), POLLIN, 0},
                              {child_ ? child_->channel().fd() : -1, POLLIN, 0},
                              {inotify_.get(), POLLIN, 0},
                              {route_monitor_.get(), POLLIN, 0},
                              {mount_monitor_ ? mount_monitor_->fd() : -1, POLLIN, 0}};
    if (waiting_) {
      for (const auto& script : waiting_->scripts) {
        waits.push_back({script.process.get(), POLLIN, 0});
      }
    }
    if (poll(waits.data(), waits.size(), poll_timeout_ms()) < 0 && errno != EINTR) {
      log_line("SN1902", "poll failed");
      return;
    }
    // The child's last words before its death.
    if (waits[2].revents != 0 && child_) on_child_message();
    if (waits[0].revents != 0) on_signal();
    if (waits[1].revents != 0 && session_.valid()) on_session_message();
    if (waits[3].revents != 0) on_file_events();
    if (waits[4].revents != 0) {
      drain_route_monitor(route_monitor_.get());
      if (!look_due_) look_due_ = monotonic_now() + kSettleMs;
    }
    if (waits[5].revents != 0) on_mounts_changed();
    if (std::any_of(waits.begin() + 6, waits.end(),
                    [](const pollfd& w) { return w.revents != 0; })) {
      on_scripts_gone();
    }
    on_time();
    start_next_job();
  }
}

int Executor::poll_timeout_ms() const {
  const MonotonicTime now = monotonic_now();
  MonotonicTime next = slow_look_due_;
  if (look_due_) next = std::min(next, *look_due_);
  if (session_due_) next = std::min(next, *session_due_);
  if (child_ && job_ && (job_->kind != Job::Kind::rebind || looking_)) {
    next = std::min(next, job_deadline_);
  }
  if (waiting_) next = std::min(next, waiting_->deadline);
  return static_cast<int>(std::clamp<int64_t>(next - now, 0, kSlowLookMs));
}

void Executor::on_time() {
  const MonotonicTime now = monotonic_now();
  if (session_due_ && *session_due_ <= now) {
    if (auto status = start_session(); !status) {
      log_line("SN1903", status.error().message());
      session_due_ = now + kSessionRestartMs;
    }
  }
  if (child_ && job_ && job_->kind != Job::Kind::rebind && job_deadline_ <= now) {
    // In uninterruptible sleep it dies when the server answers; nothing is gained by haste.
    child_->kill();
    job_deadline_ = now + kReadDeadlineMs;
    fail_job("reading this node's files is blocked for " + std::to_string(kReadDeadlineMs / 1000) +
             " s");
  }
  if (child_ && looking_ && job_deadline_ <= now) {
    // The names alone can be read of any process.
    log_line("SN1014", "looking for scripts of xCAT is blocked; looking at names only");
    looking_ = false;
    look_blocked_ = true;
    child_->kill();
  }
  if (waiting_ && waiting_->deadline <= now) give_up_waiting();
  const bool slow = slow_look_due_ <= now;
  if (slow || (look_due_ && *look_due_ <= now)) {
    look_due_.reset();
    if (slow) slow_look_due_ = now + kSlowLookMs;
    Job job;
    job.with_mentions = slow;
    enqueue(std::move(job));
  }
}

void Executor::on_signal() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGCHLD) stopping_ = true;
  }
  int status = 0;
  pid_t pid = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == session_pid_) {
      session_pid_ = -1;
      session_.close();
      if (!stopping_) {
        log_line("SN1021", "the session ended; it is started again");
        session_due_ = std::max(monotonic_now(), session_started_ + kSessionRestartMs);
      }
    } else if (child_ && pid == child_->pid()) {
      child_->reaped();
      on_child_gone();
    }
  }
}

void Executor::on_file_events() {
  alignas(inotify_event) char buffer[4096];
  bool ours = false;
  ssize_t size = 0;
  while ((size = read(inotify_.get(), buffer, sizeof buffer)) > 0) {
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event)) + static_cast<ssize_t>(event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) ours = true;
      const auto watch = watches_.find(event->wd);
      if (watch == watches_.end()) {
        // One that a child has added (watch_files_elsewhere), or the end of one.
        if ((event->mask & IN_IGNORED) == 0) ours = true;
      } else if (event->len > 0 && is_watched_file(watch->second, event->name)) {
        ours = true;
      }
    }
  }
  if (ours && !look_due_) look_due_ = monotonic_now() + kSettleMs;
}

// ---------------------------------------------------------------- verbs

void Executor::on_session_message() {
  while (session_.valid()) {
    auto verb = session_.receive();
    if (!verb) {
      if (verb.error().what == ErrorClass::busy) return;
      if (verb.error().what != ErrorClass::not_found) {
        log_line("SN1904", "the session said nonsense: " + verb.error().message());
      }
      // Its end is told by SIGCHLD; nonsense ends it.
      if (session_pid_ > 0) kill(session_pid_, SIGKILL);
      session_.close();
      return;
    }
    on_verb(*verb);
  }
}

void Executor::on_verb(const wire::LocalMessage& verb) {
  if (const auto* inspect = std::get_if<wire::InspectVerb>(&verb)) {
    Job job;
    job.request = inspect->request;
    job.answer = true;
    enqueue(std::move(job));
  } else if (const auto* plan = std::get_if<wire::PlanVerb>(&verb)) {
    Job job;
    job.kind = Job::Kind::plan;
    job.request = plan->request;
    job.answer = true;
    job.rebind.from = plan->from;
    job.rebind.to = plan->to;
    job.rebind.strict = plan->strict;
    job.rebind.stuck = plan->stuck;
    enqueue(std::move(job));
  } else if (const auto* rebind = std::get_if<wire::RebindVerb>(&verb)) {
    on_rebind_verb(*rebind);
  } else {
    log_line("SN1904", "the session sent what is no verb");
  }
}

void Executor::on_rebind_verb(const wire::RebindVerb& verb) {
  const wire::Rebind& rebind = verb.rebind;
  const auto refuse = [&](const Error& why) {
    log_line("SN1031", rebind.takeover + " refused: " + why.message());
    Error plain = why;
    plain.cure.clear();
    tell_session(wire::RebindReply{
        verb.request, false,
        wire::Refused{rebind.takeover, fence_.generation, plain.message(), why.cure}});
  };
  if (!fence_trouble_.empty()) {
    return refuse(refusal(fence_trouble_, "mend it on the node, then restart snagentd"));
  }
  if (!config_.act) {
    return refuse(refusal("this node is in observe mode",
                          "set mode = \"act\" in /etc/snagent/agent.toml on the node, restart "
                          "snagentd, and run the takeover again"));
  }
  if (auto lawful = judge(fence_, config_.node, rebind); !lawful) return refuse(lawful.error());
  const bool same = rebind.generation == fence_.generation;
  const auto doing_it = [&](const Job& job) {
    return job.kind == Job::Kind::rebind && job.rebind.generation == rebind.generation;
  };
  const bool under_way = (job_ && doing_it(*job_)) || (waiting_ && doing_it(waiting_->job)) ||
                         std::any_of(queue_.begin(), queue_.end(), doing_it);
  if (!same) {
    // The child makes it durable before it touches anything; this process opens no file that may
    // lie on a server which does not answer.
    fence_.generation = rebind.generation;
    fence_.target = rebind.to;
    fence_.last.reset();
  }
  tell_session(wire::RebindReply{verb.request, true, {}});
  if (under_way) return;  // said again; once is enough
  if (same && fence_.last && fence_.last->verdict == Verdict::verified && inventory_) {
    tell_session(wire::OutcomeReport{*fence_.last, inventory_->bindings});
    return;
  }
  Job job;
  job.kind = Job::Kind::rebind;
  job.request = verb.request;
  job.rebind = rebind;
  // What waits behind the one at work is older by the fence: only the newest counts.
  std::erase_if(queue_, [](const Job& other) {
    return other.kind == Job::Kind::rebind && !other.recovering;
  });
  waiting_.reset();
  enqueue(std::move(job));
}

// ---------------------------------------------------------------- jobs

// Here and not in a child: the kernel's table is read without walking a path, and a change is to be
// known at once. What it means for the references is looked at by the usual look.
void Executor::on_mounts_changed() {
  if (mount_monitor_) mount_monitor_->drain();
  const auto facts = read_mount_facts();
  if (!facts) {
    log_line("SN1910", facts.error().message());
    return;
  }
  auto mounts = classify_mounts(*facts, IdentityIndex(directory_));
  if (auto servers = nfs_servers_of(mounts, config_.nfs_servers, directory_);
      servers != nfs_servers_.servers) {
    nfs_servers_.servers = std::move(servers);
    tell_session(nfs_servers_);
  }
  if (mounts == mounts_) return;
  mounts_ = std::move(mounts);
  tell_session(wire::Mounts{mounts_});
  if (!look_due_) look_due_ = monotonic_now() + kSettleMs;
}

void Executor::enqueue(Job job) {
  // Looking twice at the same moment shows the same.
  const auto same_look = [&](const Job& other) {
    return other.kind == Job::Kind::inspect && !other.answer && !other.with_mentions;
  };
  if (job.kind == Job::Kind::inspect && !job.answer && !job.with_mentions &&
      std::any_of(queue_.begin(), queue_.end(), same_look)) {
    return;
  }
  if (queue_.size() >= kMaxQueue && job.kind != Job::Kind::rebind) {
    log_line("SN1905", "too many requests; one is dropped");
    return;
  }
  queue_.push_back(std::move(job));
}

void Executor::start_next_job() {
  if (child_ || queue_.empty() || stopping_) return;
  job_ = std::move(queue_.front());
  queue_.pop_front();
  job_answered_ = false;
  looking_ = job_->kind == Job::Kind::rebind && !job_->recovering &&
             job_->look_at == LookAt::names_and_arguments;
  job_deadline_ = monotonic_now() + (looking_ ? kLookForScriptsMs : kReadDeadlineMs);
  const Job job = *job_;
  auto child = Child::spawn([this, job](const Channel& parent) { work(job, parent); });
  if (!child) {
    fail_job(child.error().message());
    const Job lost = std::move(*job_);
    job_.reset();
    if (lost.kind != Job::Kind::rebind) return;
    wire::OutcomeReport report = blocked_outcome(lost, child.error());
    if (lost.recovering) {
      report.outcome.verdict = Verdict::partly;
      report.outcome.findings.front().what = FindingClass::left;
    }
    finished_rebind(std::move(report));
    return;
  }
  child_ = std::make_unique<Child>(std::move(*child));
}

// In the child.
void Executor::work(const Job& job, const Channel& parent) const {
  const auto say = [&](const wire::LocalMessage& message) {
    (void)parent.send_waiting(message, kChildSendMs);
  };
  clear_leftovers();
  // Before anything is read: the answer of a node whose own root hangs on the dead service node.
  if (!job.recovering && refuse_immovable(job, say)) return;
  // What was begun is finished: half way is worse than what a script may write into it.
  if (job.kind == Job::Kind::rebind && !job.recovering) {
    const auto scripts = find_boot_scripts(job.look_at);
    if (!scripts.empty()) {
      wire::ScriptsAtWork found;
      for (const auto& script : scripts) {
        found.scripts.push_back(
            {script.name, static_cast<uint32_t>(script.pid), script.start_ticks});
      }
      say(found);
      return;
    }
    say(wire::Progress{job.rebind.takeover, job.rebind.generation, "observe", 0, 0});
  }
  // Read anew each time: what the administrator copied there counts from the next look on.
  Directory directory = directory_;
  if (auto fresh = read_directory_patiently()) {
    directory = std::move(*fresh);
    wire::ExecutorState state;
    state.directory_digest = directory.digest();
    say(state);
  } else if (job.kind == Job::Kind::rebind && !job.recovering) {
    say(blocked_outcome(job, fresh.error()));
    return;
  }
  if (job.kind == Job::Kind::inspect) {
    const Observation observation = observe(directory, true, Look::references);
    watch_files_elsewhere(inotify_.get(), observation);
    const IdentityIndex identity = identity_on(observation, directory);
    wire::InspectReply reply;
    reply.request = job.request;
    reply.inventory = take_inventory(observation, identity);
    if (job.with_mentions) {
      const auto mentions = find_mentions_bounded(identity);
      if (!mentions) {
        reply.inventory.findings.push_back({FindingClass::note, "mentions",
                                            mentions.error().message(),
                                            "look at the mounts below these directories"});
      } else {
        for (const auto& mention : *mentions) {
          reply.inventory.findings.push_back(
              {FindingClass::unclaimed, mention.path, mention_reason(mention.service_node), ""});
        }
      }
    }
    wire::ProbeTargets targets;
    for (const auto& node : directory.service_nodes) {
      Move move;
      move.own_addresses = observation.own_addresses;
      if (const auto address = own_network_address(node, move)) {
        targets.targets.push_back({node.name, address->to_string()});
      }
    }
    say(targets);
    say(wire::Markers{read_markers(observation.mounts.table, directory)});
    say(reply);
    return;
  }
  if (job.kind == Job::Kind::plan) {
    wire::PlanReply reply;
    reply.request = job.request;
    reply.plan = plan_rebind(job.rebind, directory, true, &services_).summary;
    wire::OpenSockets sockets;
    for (const auto& socket : find_open_sockets(IdentityIndex(directory))) {
      // Our own way to the coordinator finds another one by itself.
      const auto& own = config_.coordinators;
      if (std::find(own.begin(), own.end(), "tcp://" + socket.peer) != own.end()) continue;
      sockets.sockets.push_back(
          {socket.peer, socket.service_node, static_cast<uint32_t>(socket.count)});
      const auto& from = job.rebind.from;
      if (std::find(from.begin(), from.end(), socket.service_node) != from.end()) {
        reply.plan.findings.push_back(finding_of(socket));
      }
    }
    say(sockets);
    say(reply);
    return;
  }
  if (auto status = fence_file_.raise(job.rebind.generation, job.rebind.to);
      !status && !job.recovering) {
    say(blocked_outcome(job, status.error()));
    return;
  }
  Journal journal(config_.run_dir + "/journal");
  RebindEnvironment environment{.directory = directory,
                                .services = services_,
                                .journal = &journal,
                                .boot_id = boot_id_,
                                .recovering = job.recovering,
                                .open_step = job.open_step,
                                .unfinished_swaps = job.unfinished_swaps,
                                .stage_dir = config_.run_dir + "/stage",
                                .mount_order = mount_order_,
                                .markers = markers_,
                                .mentions = mentions_,
                                .sockets = sockets_,
                                .probe_ports = net::kDefaultProbePorts};
  environment.progress = [&](const std::string& step, uint32_t done, uint32_t of) {
    // Progress is only told; a full channel must not hold up the work.
    (void)parent.send(wire::Progress{job.rebind.takeover, job.rebind.generation, step, done, of});
  };
  RebindResult result = run_rebind(job.rebind, environment);
  wire::InspectReply inventory;
  inventory.inventory = std::move(result.inventory);
  say(inventory);
  say(result.report);
}

bool Executor::refuse_immovable(const Job& job,
                                const std::function<void(const wire::LocalMessage&)>& say) const {
  if (job.kind == Job::Kind::inspect) return false;
  auto findings = immovable_mounts(job.rebind, directory_);
  if (findings.empty()) return false;
  if (job.kind == Job::Kind::plan) {
    wire::PlanReply reply;
    reply.request = job.request;
    reply.plan.outlook = Outlook::blocked;
    if (inventory_) {
      reply.plan.references = static_cast<uint32_t>(left_over(*inventory_, job.rebind.from).size());
    }
    Digest shape;
    for (const auto& finding : findings) shape.add(finding.place).add(finding.reason);
    reply.plan.shape = reply.plan.hash = shape.hex();
    reply.plan.findings = std::move(findings);
    say(reply);
    return true;
  }
  wire::OutcomeReport report = blocked_outcome(job, {});
  report.outcome.findings = std::move(findings);
  say(report);
  return true;
}

// Not begun: the node is untouched, and says what is to be mended.
wire::OutcomeReport Executor::blocked_outcome(const Job& job, const Error& error) const {
  wire::OutcomeReport report;
  report.outcome.takeover = job.rebind.takeover;
  report.outcome.generation = job.rebind.generation;
  report.outcome.to = job.rebind.to;
  report.outcome.verdict = Verdict::blocked;
  Error plain = error;
  plain.cure.clear();
  report.outcome.findings.push_back({FindingClass::blocked, "", plain.message(), error.cure});
  if (inventory_) {
    report.bindings = inventory_->bindings;
    report.outcome.left = static_cast<uint32_t>(left_over(*inventory_, job.rebind.from).size());
  }
  return report;
}

void Executor::on_child_message() {
  while (child_) {
    auto message = child_->channel().receive();
    if (!message) return;  // nothing now, or its end: SIGCHLD tells
    if (auto* state = std::get_if<wire::ExecutorState>(&*message)) {
      if (state->directory_digest != directory_digest_) {
        directory_digest_ = state->directory_digest;
        if (inventory_) tell_state();
      }
    } else if (std::holds_alternative<wire::Progress>(*message)) {
      looking_ = false;
      look_blocked_ = false;  // it was done with looking when it was killed
      tell_session(*message);
    } else if (auto* scripts = std::get_if<wire::ScriptsAtWork>(&*message)) {
      job_answered_ = true;
      looking_ = false;
      on_scripts_at_work(*scripts);
    } else if (auto* targets = std::get_if<wire::ProbeTargets>(&*message)) {
      probe_targets_ = *targets;
      tell_session(*message);
    } else if (auto* sockets = std::get_if<wire::OpenSockets>(&*message)) {
      sockets_.clear();
      for (const auto& socket : sockets->sockets) {
        sockets_.push_back({socket.peer, socket.service_node, socket.count});
      }
    } else if (auto* markers = std::get_if<wire::Markers>(&*message)) {
      remember_markers(std::move(markers->markers), mounts_, markers_);
    } else if (auto* plan = std::get_if<wire::PlanReply>(&*message)) {
      job_answered_ = true;
      if (job_ && job_->answer) tell_session(*plan);
    } else if (auto* inspected = std::get_if<wire::InspectReply>(&*message)) {
      leftovers_.clear();  // said at the end of its work
      const bool inspecting = job_ && job_->kind == Job::Kind::inspect;
      if (inspecting) job_answered_ = true;
      if (inspecting && job_->with_mentions) {
        mentions_.clear();
        for (const auto& finding : inspected->inventory.findings) {
          if (finding.what != FindingClass::unclaimed) continue;
          mentions_.push_back({finding.place, finding.reason.substr(mention_reason("").size())});
        }
      }
      const wire::InspectReply reply = *inspected;
      took_inventory(std::move(inspected->inventory), inspecting);
      if (inspecting && job_->answer) tell_session(reply);
    } else if (auto* outcome = std::get_if<wire::OutcomeReport>(&*message)) {
      job_answered_ = true;
      finished_rebind(std::move(*outcome));
    }
  }
}

void Executor::on_child_gone() {
  on_child_message();
  child_.reset();
  if (!job_) return;
  const Job job = std::move(*job_);
  job_.reset();
  looking_ = false;
  if (std::exchange(look_blocked_, false) && !job_answered_) {
    Job again = job;
    again.look_at = LookAt::names;
    queue_.push_front(std::move(again));
    return;
  }
  if (job_answered_) {
    if (job.kind == Job::Kind::rebind) crashes_ = 0;
    return;
  }
  if (job.kind != Job::Kind::rebind) {
    job_ = job;
    fail_job("the reading process ended without an answer");
    job_.reset();
    return;
  }
  // Killed in the middle: what it began is finished by the same rules as after a restart.
  log_line("SN1013", job.rebind.takeover + ": its process ended in the middle");
  const auto unfinished = Journal::read(config_.run_dir + "/journal", boot_id_);
  if (++crashes_ <= kMaxCrashes) {
    Job again = job;
    if (unfinished && *unfinished) take_up(**unfinished, again);
    queue_.push_front(std::move(again));
    return;
  }
  crashes_ = 0;
  wire::OutcomeReport report;
  report.outcome.takeover = job.rebind.takeover;
  report.outcome.generation = job.rebind.generation;
  report.outcome.to = job.rebind.to;
  const bool touched = unfinished && *unfinished && (*unfinished)->past_commit_point;
  report.outcome.verdict = touched ? Verdict::partly : Verdict::failed;
  report.outcome.findings.push_back(
      {touched ? FindingClass::left : FindingClass::blocked, "",
       "the process that carried it out was killed " + std::to_string(kMaxCrashes + 1) + " times",
       "see the node's log, then run the takeover again"});
  if (inventory_) report.bindings = inventory_->bindings;
  finished_rebind(std::move(report));
}

void Executor::fail_job(const std::string& reason) {
  if (!job_ || job_answered_) return;
  job_answered_ = true;
  log_line("SN1906", reason);
  if (!inventory_) took_inventory({}, false);  // a session that waits for a first look gets none
  if (!job_->answer) return;
  if (job_->kind == Job::Kind::plan) {
    wire::PlanReply reply;
    reply.request = job_->request;
    reply.plan.outlook = Outlook::blocked;
    reply.plan.findings.push_back(
        {FindingClass::blocked, "", reason, "look at the NFS servers this node hangs on"});
    tell_session(reply);
  } else {
    tell_session(wire::InspectReply{job_->request, reason, {}});
  }
}

// ---------------------------------------------------------------- xCAT's own scripts

std::string Executor::Waiting::step() const {
  std::string text(wire::kWaitingFor);
  text += scripts.front().name + " (pid " + std::to_string(scripts.front().pid) + ")";
  if (scripts.size() > 1) text += " and " + std::to_string(scripts.size() - 1) + " more";
  return text;
}

// From the child of a rebind, which ends with it: nothing was begun.
void Executor::on_scripts_at_work(const wire::ScriptsAtWork& found) {
  // A newer command is queued or done: an older one must not come back after it.
  if (!job_ || job_->rebind.generation != fence_.generation) return;
  Waiting waiting;
  waiting.job = *job_;
  if (!waiting.job.waits_since) waiting.job.waits_since = monotonic_now();
  waiting.deadline = *waiting.job.waits_since + config_.boot_scripts_deadline_ms;
  for (const auto& script : found.scripts) {
    const int pid = static_cast<int>(script.pid);
    UniqueFd process = open_pidfd(pid);
    // Neither blocks; together they say that it is still the same process.
    const auto stat = process_stat(pid);
    if (!process || !stat || stat->start_ticks != script.start_ticks) continue;
    waiting.scripts.push_back({script.name, script.pid, std::move(process)});
  }
  if (waiting.scripts.empty()) {
    queue_.push_front(std::move(waiting.job));
    return;
  }
  log_line("SN1033", waiting.job.rebind.takeover + " " + waiting.step());
  waiting_ = std::move(waiting);
  tell_waiting();
}

void Executor::on_scripts_gone() {
  if (!waiting_) return;
  std::erase_if(waiting_->scripts, [](const Waiting::Script& script) {
    pollfd wait{script.process.get(), POLLIN, 0};
    return poll(&wait, 1, 0) != 0;
  });
  if (!waiting_->scripts.empty()) {
    tell_waiting();
    return;
  }
  // Looked for anew, and the node observed anew: another may have begun, and what this one wrote
  // is planned from.
  queue_.push_front(std::move(waiting_->job));
  waiting_.reset();
}

void Executor::give_up_waiting() {
  const Waiting waiting = std::move(*waiting_);
  waiting_.reset();
  const auto& script = waiting.scripts.front();
  const std::string pid = std::to_string(script.pid);
  Error error;
  error.what = ErrorClass::timed_out;
  error.why = script.name + " (pid " + pid + ") has been at work for more than " +
              std::to_string(config_.boot_scripts_deadline_ms / 1000) +
              " s and writes the files that would be changed";
  error.cure = "wait for it, or end it on the node (kill " + pid + "), then run the takeover again";
  finished_rebind(blocked_outcome(waiting.job, error));
}

void Executor::tell_waiting() {
  const auto& rebind = waiting_->job.rebind;
  tell_session(wire::Progress{rebind.takeover, rebind.generation, waiting_->step(), 0, 0});
}

void Executor::took_inventory(wire::Inventory inventory, bool watch_for_drift) {
  if (inventory_ && watch_for_drift) {
    for (const auto& drift : find_drift(*inventory_, inventory)) {
      log_line("SN1041", drift.place + " " + drift.detail);
      tell_session(drift);
    }
  }
  const bool changed = !inventory_ || inventory_->bindings != inventory.bindings;
  inventory_ = std::move(inventory);
  if (changed) tell_state();
}

void Executor::finished_rebind(wire::OutcomeReport report) {
  const wire::Outcome& outcome = report.outcome;
  for (const auto& change : outcome.changes) {
    log_line("SN0312", outcome.takeover + " " + config_.node + " " + change.path +
                           (change.line > 0 ? ":" + std::to_string(change.line) : "") + " " +
                           (change.before.empty() ? "(none)" : change.before) + " -> " +
                           (change.after.empty() ? "(none)" : change.after));
  }
  log_line("SN1032", outcome.takeover + " " + std::string(to_string(outcome.verdict)) + " on " +
                         outcome.to + ", " + std::to_string(outcome.left) + " left, " +
                         std::to_string(outcome.total_us / 1000) + " ms");
  // The files that were replaced are to be watched anew.
  if (outcome.changed > 0 && !look_due_) look_due_ = monotonic_now() + kSettleMs;
  if (outcome.generation == fence_.generation) {
    fence_.last = outcome;
    if (auto status = fence_file_.store_outcome(outcome); !status) {
      log_line("SN1907", status.error().message());
    }
  }
  tell_state();
  tell_session(report);
}

void Executor::tell_session(const wire::LocalMessage& message) {
  if (!session_.valid()) return;  // a new one is told the state when it starts
  if (auto status = session_.send(message); !status) {
    log_line("SN1908", "the session does not listen: " + status.error().message());
    if (session_pid_ > 0) kill(session_pid_, SIGKILL);
    session_.close();
  }
}

void Executor::tell_state() {
  wire::ExecutorState state;
  state.mode = config_.act ? "act" : "observe";
  state.generation = fence_.generation;
  state.generation_target = fence_.target;
  state.directory_digest = directory_digest_;
  if (inventory_) state.bindings = inventory_->bindings;
  if (fence_.last) state.last.push_back(*fence_.last);
  tell_session(state);
}

}  // namespace sn::agent
