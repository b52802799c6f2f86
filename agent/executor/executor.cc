#include "agent/executor/executor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/executor/own_file.h"
#include "agent/executor/primitives/run_command.h"
#include "agent/executor/work.h"
#include "agent/log.h"
#include "agent/mounts/markers.h"
#include "agent/plan/drift.h"
#include "agent/routes/kernel_routes.h"
#include "agent/servers/nfs_servers.h"
#include "agent/watch/bounded.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "agent/watch/mount_facts.h"

namespace sn::agent {

namespace {

// A healthy node is read in milliseconds; a hung root answers in its own time, or never.
constexpr int64_t kReadDeadlineMs = 15'000;
// A rehearsal waits for one mount that does not answer (kStageMountMs) besides, and its plan may
// have to be made on a busy node.
constexpr int64_t kRehearsalDeadlineMs = 2 * kReadDeadlineMs;
constexpr int64_t kSettleMs = 300;
// inotify does not see what another NFS client does to a file.
constexpr int64_t kSlowLookMs = 10 * 60 * 1'000;
// A plan that kills its child twice kills it a third time.
constexpr int kMaxCrashes = 2;
// At start-up, where everything answers or nothing does.
constexpr uint32_t kModprobeMs = 3'000;
// A walk through /proc takes milliseconds, unless a process sits on the lock of its memory.
constexpr int64_t kLookForScriptsMs = 2'000;

int64_t deadline_of(const Job& job) { return job.stage ? kRehearsalDeadlineMs : kReadDeadlineMs; }

Error refusal(std::string why, std::string cure) {
  return Error{ErrorClass::denied, "", "", std::move(why), std::move(cure), 0};
}

Error observes_only(const std::string& again) {
  return refusal("this node is in observe mode",
                 "set mode = \"act\" in /etc/snagent/agent.toml on the node, restart snagentd, "
                 "and " +
                     again);
}

}  // namespace

Executor::Executor(AgentConfig config, SessionMain session_main)
    : config_(std::move(config)),
      services_(config_.services, config_.service_deadline_ms),
      fence_file_(config_.run_dir, config_.state_dir),
      quarantine_(config_.run_dir, config_.node),
      directory_(config_.directory),
      session_(std::move(session_main), config_.run_dir) {}

Executor::~Executor() = default;

Status Executor::run() {
  if (auto status = prepare(); !status) return status;
  if (auto status = directory_.load(); !status) return status;
  directory_digest_ = directory_.current().digest();
  quarantine_.load(boot_id_);
  if (quarantine_.active()) quarantine_.enter(quarantine_.why(), boot_id_);
  if (auto fence = fence_file_.load()) {
    fence_ = std::move(*fence);
  } else {
    enter_quarantine(quarantine_of(fence.error()));
  }
  Job first;
  first.with_mentions = true;
  (void)queue_.add(first);
  // What was begun under a fence or a mount that is not understood waits for `snctl clear`.
  if (!quarantine_.active()) {
    if (auto status = recover(); !status) enter_quarantine(quarantine_of(status.error()));
  }
  if (auto status = start_session(); !status) return status;
  log_line("SN1001", "node " + config_.node + ", mode " + (config_.act ? "act" : "observe") + ", " +
                         std::to_string(directory_.current().service_nodes.size()) +
                         " service nodes known");
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
  mount_order_ = probe_mount_order(config_.run_dir + "/stage");
  if (auto status = changes_.open(); !status) return status;
  slow_look_due_ = monotonic_now() + kSlowLookMs;
  return {};
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
  (void)queue_.add(std::move(job));
  return {};
}

void Executor::take_up(Journal::Unfinished unfinished, Job& job) {
  leftovers_ = {std::move(unfinished.staged), true, unfinished.past_commit_point};
  job.recovering = unfinished.past_commit_point;
  if (!job.recovering) return;
  job.open_step = std::move(unfinished.open_step);
  job.unfinished_swaps = std::move(unfinished.swaps);
}

Status Executor::start_session() {
  auto status = session_.start([&] {
    lock_.reset();
    signals_.reset();
    changes_.abandon();
    // A child that is out is the executor's; only this copy of its channel goes.
    if (child_) child_->abandon();
  });
  if (!status) return status;
  if (probe_targets_) session_.tell(*probe_targets_);
  session_.tell(nfs_servers_);
  if (waiting_) tell_waiting();  // before the state, which lets it say hello
  if (inventory_) tell_state();
  if (!mounts_.empty()) session_.tell(wire::Mounts{mounts_});
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
                              {changes_.files(), POLLIN, 0},
                              {changes_.routes(), POLLIN, 0},
                              {changes_.mounts(), POLLIN, 0}};
    if (waiting_) {
      for (const int fd : waiting_->fds()) waits.push_back({fd, POLLIN, 0});
    }
    if (poll(waits.data(), waits.size(), poll_timeout_ms()) < 0 && errno != EINTR) {
      log_line("SN1902", "poll failed");
      return;
    }
    // The child's last words before its death.
    if (waits[2].revents != 0 && child_) on_child_message();
    if (waits[0].revents != 0) on_signal();
    if (waits[1].revents != 0) on_session_message();
    if (waits[3].revents != 0 && changes_.take_file_events()) look_soon();
    if (waits[4].revents != 0) {
      changes_.take_route_events();
      look_soon();
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
  if (session_.due()) next = std::min(next, *session_.due());
  if (child_ && job_ && (job_->kind != Job::Kind::rebind || looking_)) {
    next = std::min(next, job_deadline_);
  }
  if (waiting_) next = std::min(next, waiting_->deadline());
  return static_cast<int>(std::clamp<int64_t>(next - now, 0, kSlowLookMs));
}

void Executor::on_time() {
  const MonotonicTime now = monotonic_now();
  if (session_.due() && *session_.due() <= now) {
    if (auto status = start_session(); !status) {
      log_line("SN1903", status.error().message());
      session_.start_later(now);
    }
  }
  if (child_ && job_ && job_->kind != Job::Kind::rebind && job_deadline_ <= now) {
    // In uninterruptible sleep it dies when the server answers; nothing is gained by haste.
    child_->kill();
    job_deadline_ = now + kReadDeadlineMs;
    fail_job(std::string(job_->stage ? "preparing" : "reading") +
             " this node's files is blocked for " + std::to_string(deadline_of(*job_) / 1000) +
             " s");
  }
  if (child_ && looking_ && job_deadline_ <= now) {
    // The names alone can be read of any process.
    log_line("SN1014", "looking for scripts of xCAT is blocked; looking at names only");
    looking_ = false;
    look_blocked_ = true;
    child_->kill();
  }
  if (waiting_ && waiting_->deadline() <= now) give_up_waiting();
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
    if (session_.on_reaped(pid)) {
      if (!stopping_) log_line("SN1021", "the session ended; it is started again");
    } else if (child_ && pid == child_->pid()) {
      child_->reaped();
      on_child_gone();
    }
  }
}

// An editor writes a file in several steps; they are looked at as one.
void Executor::look_soon() {
  if (!look_due_) look_due_ = monotonic_now() + kSettleMs;
}

// ---------------------------------------------------------------- verbs

void Executor::on_session_message() {
  while (auto verb = session_.receive()) on_verb(*verb);
}

void Executor::on_verb(const wire::LocalMessage& verb) {
  if (const auto* inspect = std::get_if<wire::InspectVerb>(&verb)) {
    Job job;
    job.request = inspect->request;
    job.answer = true;
    enqueue(std::move(job));
  } else if (const auto* plan = std::get_if<wire::PlanVerb>(&verb)) {
    on_plan_verb(*plan);
  } else if (const auto* rebind = std::get_if<wire::RebindVerb>(&verb)) {
    on_rebind_verb(*rebind);
  } else if (const auto* clear = std::get_if<wire::ClearVerb>(&verb)) {
    on_clear_verb(*clear);
  } else {
    log_line("SN1904", "the session sent what is no verb");
  }
}

void Executor::on_plan_verb(const wire::PlanVerb& verb) {
  Job job;
  job.kind = Job::Kind::plan;
  job.request = verb.request;
  job.answer = true;
  job.stage = verb.stage;
  job.rebind.takeover = verb.stage ? "rehearsal" : "";
  job.rebind.from = verb.from;
  job.rebind.to = verb.to;
  job.rebind.strict = verb.strict;
  job.rebind.stuck = verb.stuck;
  job.rebind.undo = verb.undo;
  if (auto lawful = may_plan(verb.stage); !lawful) {
    Error plain = lawful.error();
    plain.cure.clear();
    wire::PlanReply reply;
    reply.request = verb.request;
    reply.plan = blocked_plan(
        job, {{FindingClass::blocked, "", plain.message(), lawful.error().cure}}, inventory_);
    session_.tell(reply);
    return;
  }
  enqueue(std::move(job));
}

// A rehearsal writes, though nothing remains.
Status Executor::may_plan(bool stage) const {
  if (quarantine_.active()) return tl::unexpected(quarantine_.refusal());
  if (!stage) return {};
  if (!config_.act) return tl::unexpected(observes_only("rehearse again"));
  const auto rebinds = [](const Job& job) { return job.kind == Job::Kind::rebind; };
  if ((job_ && rebinds(*job_)) || waiting_ || queue_.any_of(rebinds)) {
    return tl::unexpected(refusal("a rebind is at work", "rehearse again when it has ended"));
  }
  return {};
}

void Executor::on_rebind_verb(const wire::RebindVerb& verb) {
  const wire::Rebind& rebind = verb.rebind;
  const auto refuse = [&](const Error& why) {
    log_line("SN1031", rebind.takeover + " refused: " + why.message());
    Error plain = why;
    plain.cure.clear();
    session_.tell(wire::RebindReply{
        verb.request, false,
        wire::Refused{rebind.takeover, fence_.generation, plain.message(), why.cure}});
  };
  if (quarantine_.active()) return refuse(quarantine_.refusal());
  if (!config_.act) {
    return refuse(observes_only("run the takeover again"));
  }
  if (auto lawful = judge(fence_, config_.node, rebind); !lawful) return refuse(lawful.error());
  const bool same = rebind.generation == fence_.generation;
  const auto doing_it = [&](const Job& job) {
    return job.kind == Job::Kind::rebind && job.rebind.generation == rebind.generation;
  };
  const bool under_way = (job_ && doing_it(*job_)) || (waiting_ && doing_it(waiting_->job())) ||
                         queue_.any_of(doing_it);
  if (!same) {
    // The child makes it durable before it touches anything; this process opens no file that may
    // lie on a server which does not answer.
    fence_.generation = rebind.generation;
    fence_.target = rebind.to;
    fence_.last.reset();
    // A hello that is said meanwhile is to say that it was heard.
    tell_state();
  }
  session_.tell(wire::RebindReply{verb.request, true, {}});
  if (under_way) return;  // said again; once is enough
  if (same && fence_.last && fence_.last->verdict == Verdict::verified && inventory_) {
    session_.tell(wire::OutcomeReport{*fence_.last, inventory_->bindings});
    return;
  }
  Job job;
  job.kind = Job::Kind::rebind;
  job.request = verb.request;
  job.rebind = rebind;
  waiting_.reset();
  // A rehearsal is given up for what is meant: what it has staged is cleared away first.
  if (child_ && job_ && job_->stage) child_->kill();
  queue_.add_newest_rebind(std::move(job));
}

// ---------------------------------------------------------------- quarantine

void Executor::enter_quarantine(wire::Quarantine why) {
  quarantine_.enter(std::move(why), boot_id_);
  refuse_what_waits();
  if (inventory_) tell_state();
}

void Executor::refuse_what_waits() {
  if (waiting_) {
    const ScriptWait waiting = std::move(*waiting_);
    waiting_.reset();
    finished_rebind(blocked_outcome(waiting.job(), quarantine_.refusal(), inventory_));
  }
  for (const auto& job : queue_.take_rebinds()) {
    // What is half done stays in the journal, and is finished after the clear.
    if (job.recovering) continue;
    finished_rebind(blocked_outcome(job, quarantine_.refusal(), inventory_));
  }
}

void Executor::on_clear_verb(const wire::ClearVerb& verb) {
  if (!quarantine_.active()) {
    session_.tell(wire::ClearReply{verb.request, {}});
    return;
  }
  Job job;
  job.kind = Job::Kind::clear;
  job.request = verb.request;
  job.answer = true;
  enqueue(std::move(job));
}

// From a child: of a clear its answer, of a rebind what it left.
void Executor::on_looked_again(const wire::ClearReply& reply) {
  const bool clearing = job_ && job_->kind == Job::Kind::clear;
  if (clearing) job_answered_ = true;
  if (!reply.quarantine.reason.empty()) {
    if (!clearing) quarantine_.load(boot_id_);  // with its places
    enter_quarantine(reply.quarantine);
    if (clearing) session_.tell(wire::ClearReply{reply.request, quarantine_.why()});
    return;
  }
  quarantine_.lift();
  session_.tell(reply);
  if (inventory_) tell_state();
  if (auto status = recover(); !status) enter_quarantine(quarantine_of(status.error()));
  look_soon();  // what was never begun is cleared away
}

// ---------------------------------------------------------------- jobs

// Here and not in a child: the kernel's table is read without walking a path, and a change is to be
// known at once. What it means for the references is looked at by the usual look.
void Executor::on_mounts_changed() {
  changes_.take_mount_events();
  const auto facts = read_mount_facts();
  if (!facts) {
    log_line("SN1910", facts.error().message());
    return;
  }
  auto mounts = classify_mounts(*facts, IdentityIndex(directory_.current()));
  if (auto servers = nfs_servers_of(mounts, config_.nfs_servers, directory_.current());
      servers != nfs_servers_.servers) {
    nfs_servers_.servers = std::move(servers);
    session_.tell(nfs_servers_);
  }
  if (mounts == mounts_) return;
  mounts_ = std::move(mounts);
  session_.tell(wire::Mounts{mounts_});
  look_soon();
}

void Executor::enqueue(Job job) {
  if (!queue_.add(std::move(job))) log_line("SN1905", "too many requests; one is dropped");
}

void Executor::start_next_job() {
  if (child_ || stopping_) return;
  job_ = queue_.take();
  if (!job_) return;
  job_answered_ = false;
  looking_ = job_->kind == Job::Kind::rebind && !job_->recovering &&
             job_->look_at == LookAt::names_and_arguments;
  job_deadline_ = monotonic_now() + (looking_ ? kLookForScriptsMs : deadline_of(*job_));
  const Job job = *job_;
  auto child = Child::spawn([this, job](const Channel& parent) {
    work(job,
         {.config = config_,
          .services = services_,
          .fence_file = fence_file_,
          .quarantine_file = quarantine_.file(),
          .directory = directory_,
          .boot_id = boot_id_,
          .inotify = changes_.files(),
          .mount_order = mount_order_,
          .leftovers = leftovers_,
          .odd_places = quarantine_.places(),
          .inventory = inventory_,
          .mentions = mentions_,
          .sockets = sockets_,
          .markers = markers_},
         parent);
  });
  if (!child) {
    fail_job(child.error().message());
    const Job lost = std::move(*job_);
    job_.reset();
    if (lost.kind != Job::Kind::rebind) return;
    wire::OutcomeReport report = blocked_outcome(lost, child.error(), inventory_);
    if (lost.recovering) {
      report.outcome.verdict = Verdict::partly;
      report.outcome.findings.front().what = FindingClass::left;
    }
    finished_rebind(std::move(report));
    return;
  }
  child_ = std::make_unique<Child>(std::move(*child));
}

void Executor::on_child_message() {
  while (child_) {
    auto message = child_->channel().receive();
    if (!message) return;  // nothing now, or its end: SIGCHLD tells
    if (auto* state = std::get_if<wire::ExecutorState>(&*message)) {
      if (job_ && job_->kind == Job::Kind::clear) {
        if (state->generation > fence_.generation) {
          fence_.generation = state->generation;
          fence_.target = state->generation_target;
          fence_.last.reset();
          if (!state->last.empty()) fence_.last = state->last.front();
        }
      } else if (state->directory_digest != directory_digest_) {
        directory_digest_ = state->directory_digest;
        if (inventory_) tell_state();
      }
    } else if (std::holds_alternative<wire::Progress>(*message)) {
      looking_ = false;
      look_blocked_ = false;  // it was done with looking when it was killed
      session_.tell(*message);
    } else if (auto* scripts = std::get_if<wire::ScriptsAtWork>(&*message)) {
      job_answered_ = true;
      looking_ = false;
      on_scripts_at_work(*scripts);
    } else if (auto* targets = std::get_if<wire::ProbeTargets>(&*message)) {
      probe_targets_ = *targets;
      session_.tell(*message);
    } else if (auto* sockets = std::get_if<wire::OpenSockets>(&*message)) {
      sockets_.clear();
      for (const auto& socket : sockets->sockets) {
        sockets_.push_back({socket.peer, socket.service_node, socket.count});
      }
    } else if (auto* markers = std::get_if<wire::Markers>(&*message)) {
      remember_markers(std::move(markers->markers), mounts_, markers_);
    } else if (auto* plan = std::get_if<wire::PlanReply>(&*message)) {
      job_answered_ = true;
      if (job_ && job_->answer) session_.tell(*plan);
    } else if (auto* inspected = std::get_if<wire::InspectReply>(&*message)) {
      leftovers_ = {};  // said at the end of its work
      const bool inspecting = job_ && job_->kind == Job::Kind::inspect;
      if (inspecting) job_answered_ = true;
      if (inspecting && job_->with_mentions) {
        mentions_.clear();
        for (const auto& finding : inspected->inventory.findings) {
          if (finding.what != FindingClass::unclaimed) continue;
          mentions_.push_back({finding.place, mentioned_in(finding.reason)});
        }
      }
      const wire::InspectReply reply = *inspected;
      took_inventory(std::move(inspected->inventory), inspecting);
      if (inspecting && job_->answer) session_.tell(reply);
    } else if (auto* looked = std::get_if<wire::ClearReply>(&*message)) {
      on_looked_again(*looked);
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
    queue_.add_first(std::move(again));
    return;
  }
  if (job_answered_ && !job.stage) {
    if (job.kind == Job::Kind::rebind) crashes_ = 0;
    return;
  }
  if (job.kind != Job::Kind::rebind) {
    if (job.stage) clear_after_rehearsal();
    job_ = job;
    if (job.stage) {
      fail_job("the rehearsal was ended in the middle; nothing was changed", "rehearse again");
    } else {
      fail_job("the reading process ended without an answer");
    }
    job_.reset();
    return;
  }
  // Killed in the middle: what it began is finished by the same rules as after a restart.
  log_line("SN1013", job.rebind.takeover + ": its process ended in the middle");
  const auto unfinished = Journal::read(config_.run_dir + "/journal", boot_id_);
  if (++crashes_ <= kMaxCrashes) {
    Job again = job;
    if (unfinished && *unfinished) take_up(**unfinished, again);
    queue_.add_first(std::move(again));
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
  if (!touched) return;
  enter_quarantine({"the process that finishes " + job.rebind.takeover + " was killed " +
                        std::to_string(kMaxCrashes + 1) + " times past its commit point",
                    "see the node's log for what kills it"});
}

// Killed at its deadline, or for a rebind: the next child takes away what it has staged.
void Executor::clear_after_rehearsal() {
  auto unfinished = Journal::read(config_.run_dir + "/journal", boot_id_);
  if (!unfinished || !*unfinished || (*unfinished)->past_commit_point) return;
  leftovers_ = {std::move((*unfinished)->staged), true, false};
  if (!look_due_) look_due_ = monotonic_now();
}

void Executor::fail_job(const std::string& reason, const std::string& cure) {
  if (!job_ || job_answered_) return;
  job_answered_ = true;
  log_line("SN1906", reason);
  if (!inventory_) took_inventory({}, false);  // a session that waits for a first look gets none
  if (!job_->answer) return;
  if (job_->kind == Job::Kind::plan) {
    wire::PlanReply reply;
    reply.request = job_->request;
    reply.plan.outlook = Outlook::blocked;
    reply.plan.findings.push_back({FindingClass::blocked, "", reason, cure});
    session_.tell(reply);
  } else if (job_->kind == Job::Kind::clear) {
    wire::ClearReply reply;
    reply.request = job_->request;
    reply.quarantine = quarantine_.why();
    reply.quarantine.reason += " (looked at again: " + reason + ")";
    session_.tell(reply);
  } else {
    session_.tell(wire::InspectReply{job_->request, reason, {}});
  }
}

// ---------------------------------------------------------------- xCAT's own scripts

// From the child of a rebind, which ends with it: nothing was begun.
void Executor::on_scripts_at_work(const wire::ScriptsAtWork& found) {
  // A newer command is queued or done: an older one must not come back after it.
  if (!job_ || job_->rebind.generation != fence_.generation) return;
  ScriptWait waiting(*job_, found, config_.boot_scripts_deadline_ms);
  if (waiting.over()) {
    queue_.add_first(waiting.take_job());
    return;
  }
  log_line("SN1033", waiting.job().rebind.takeover + " " + waiting.step());
  waiting_ = std::move(waiting);
  tell_waiting();
}

void Executor::on_scripts_gone() {
  if (!waiting_) return;
  waiting_->look();
  if (!waiting_->over()) {
    tell_waiting();
    return;
  }
  // Looked for anew, and the node observed anew: another may have begun, and what this one wrote
  // is planned from.
  queue_.add_first(waiting_->take_job());
  waiting_.reset();
}

void Executor::give_up_waiting() {
  const ScriptWait waiting = std::move(*waiting_);
  waiting_.reset();
  finished_rebind(blocked_outcome(waiting.job(), waiting.too_long(), inventory_));
}

void Executor::tell_waiting() {
  const auto& rebind = waiting_->job().rebind;
  session_.tell(wire::Progress{rebind.takeover, rebind.generation, waiting_->step(), 0, 0});
}

void Executor::took_inventory(wire::Inventory inventory, bool watch_for_drift) {
  if (inventory_ && watch_for_drift) {
    for (const auto& drift : find_drift(*inventory_, inventory)) {
      log_line("SN1041", drift.place + " " + drift.detail);
      session_.tell(drift);
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
  if (outcome.changed > 0) look_soon();
  if (outcome.generation == fence_.generation) {
    fence_.last = outcome;
    if (auto status = fence_file_.store_outcome(outcome); !status) {
      log_line("SN1907", status.error().message());
    }
  }
  tell_state();
  session_.tell(report);
}

void Executor::tell_state() {
  wire::ExecutorState state;
  state.mode = config_.act ? "act" : "observe";
  state.generation = fence_.generation;
  state.generation_target = fence_.target;
  state.directory_digest = directory_digest_;
  if (inventory_) state.bindings = inventory_->bindings;
  if (fence_.last) state.last.push_back(*fence_.last);
  if (quarantine_.active()) state.quarantine.push_back(quarantine_.why());
  session_.tell(state);
}

}  // namespace sn::agent
