#include "agent/executor/executor.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "agent/executor/nfs_modules.h"
#include "agent/executor/own_file.h"
#include "agent/executor/primitives/swap_mount.h"
#include "agent/executor/work.h"
#include "agent/log.h"
#include "agent/servers/nfs_servers.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "agent/watch/mount_facts.h"
#include "agent/watch/only_root.h"

namespace sn::agent {

namespace {

// A number that was never used before, so that no order for an earlier start is for this one.
std::string new_nonce() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * bytes.size() + 1> text{};
  return sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
}

std::vector<std::string> order_keys(const AgentConfig& config) {
  std::vector<std::string> keys;
  for (const auto& key : config.coordinator_keys) keys.push_back(key.orders);
  return keys;
}

}  // namespace

Executor::Executor(AgentConfig config, std::string boot_id, SessionMain session_main,
                   Knocker::Main knock_main)
    : config_(std::move(config)),
      boot_id_(std::move(boot_id)),
      core_({config_.node, config_.act, config_.boot_scripts_deadline_ms,
             config_.boot_scripts_patience_ms, config_.allowed_stuck, boot_id_, new_nonce(),
             order_keys(config_)}),
      services_(config_.services, config_.service_deadline_ms),
      fence_file_(config_.run_dir, config_.state_dir),
      quarantine_file_(config_.run_dir),
      directory_(config_.directory),
      changes_(reactor_, config_.directory,
               {.changed = [this] { core_.on_change(monotonic_now()); },
                .mounts_changed = [this] { look_at_mounts(); }}),
      scripts_(reactor_, [this] { carry_out(core_.on_scripts(scripts_.at_work())); }),
      session_(
          reactor_, std::move(session_main),
          [this](const wire::Verb& verb) { carry_out(core_.on_verb(verb, monotonic_now())); },
          config_.run_dir),
      knocker_(reactor_, std::move(knock_main),
               [this](const wire::KnockAnswer& answer) { session_.tell(answer); }) {}

Executor::~Executor() = default;

Status Executor::run() {
  if (auto status = prepare(); !status) return status;
  if (auto status = directory_.load(); !status) return status;
  carry_out(core_.start({quarantine_file_.load(boot_id_), fence_file_.load(), read_journal()},
                        as_read(directory_.current()), monotonic_now()));
  if (auto status = start_session(); !status) return status;
  log_line("SN1001", "node " + config_.node + ", mode " + (config_.act ? "act" : "observe") + ", " +
                         std::to_string(directory_.current().service_nodes.size()) +
                         " service nodes known");
  serve();
  return {};
}

Status Executor::prepare() {
  if (auto made = make_own_directory(config_.run_dir); !made) return made;
  for (const std::string& directory :
       {std::string("/proc"), std::string("/sys/block"), config_.run_dir}) {
    keep_open(directory);
  }
  const std::string lock = config_.run_dir + "/lock";
  lock_.reset(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) return fail_errno("opening", lock);
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorClass::busy, "locking", lock, Fact(FactCode::another_agent_runs),
                Cure(CureCode::end_it_first));
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
  signals_watch_ = reactor_.on(signals_.get(), net::Reactor::readable,
                               [this](net::Reactor::Ready) { on_signal(); });
  mount_order_ = probe_mount_order(config_.run_dir + "/stage");
  prepare_to_read_files();
  return changes_.open();
}

Status Executor::start_session() {
  auto status = session_.start([this] { let_go(); });
  if (status) carry_out(core_.on_session_started(monotonic_now()));
  return status;
}

void Executor::let_go() {
  lock_.reset();
  signals_.reset();
  changes_.abandon();
  // A child that is out is the executor's; only this copy of its channel goes.
  if (child_) child_->abandon();
  session_.abandon();
  knocker_.abandon();
}

JournalContent Executor::read_journal() const {
  return Journal::read(config_.run_dir + "/journal", boot_id_);
}

// ---------------------------------------------------------------- the loop

void Executor::serve() {
  look_at_mounts();
  load_nfs_modules(core_.mounts());
  tick_ = reactor_.alarm([] {});  // only ends the wait
  reactor_.at_turn_end([this]() -> Status {
    end_turn();
    return {};
  });
  end_turn();  // what is due at the start is not waited for
  if (auto status = reactor_.run(); !status) log_line("SN1902", "poll failed");
}

void Executor::end_turn() {
  carry_out(core_.tick(monotonic_now()));
  if (!core_.waits_for_scripts()) scripts_.forget();
  tick_.set(core_.next_tick());
}

void Executor::on_signal() {
  signalfd_siginfo info{};
  bool stopping = false;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGCHLD) stopping = true;
  }
  if (stopping) reactor_.stop();
  int status = 0;
  pid_t pid = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (session_.on_reaped(pid)) {
      if (!stopping) carry_out(core_.on_session_gone(monotonic_now()));
    } else if (knocker_.on_reaped(pid)) {
      continue;
    } else if (child_ && pid == child_->pid()) {
      child_->reaped();
      on_child_message();
      child_watch_.reset();
      child_.reset();
      carry_out(core_.on_child_gone(read_journal(), monotonic_now()));
    }
  }
}

void Executor::on_child_message() {
  while (child_) {
    const auto message = child_->channel().receive();
    if (!message) return;  // nothing now, or its end: SIGCHLD tells
    const MonotonicTime now = monotonic_now();
    if (const Job* job = core_.job()) memory_.remember(*message, *job, core_.mounts());
    if (const auto* scripts = std::get_if<wire::ScriptsAtWork>(&*message)) {
      scripts_.watch(scripts->scripts);
      carry_out(core_.on_child(wire::ScriptsAtWork{scripts_.at_work()}, now));
    } else if (const auto* trouble = std::get_if<wire::Quarantine>(&*message)) {
      carry_out(core_.on_trouble(*trouble, quarantine_file_.load(boot_id_), now));
    } else if (const auto* looked = std::get_if<wire::ClearReply>(&*message)) {
      carry_out(core_.on_looked_again(*looked, read_journal(), now));
    } else {
      carry_out(core_.on_child(*message, now));
    }
  }
}

// Here and not in a child: the kernel's table is read without walking a path, and a change is to be
// known at once. What it means for the references is looked at by the usual look.
void Executor::look_at_mounts() {
  const auto facts = read_mount_facts();
  if (!facts) {
    log_line("SN1910", facts.error().message());
    return;
  }
  auto mounts = classify_mounts(*facts, IdentityIndex(directory_.current()));
  auto servers = nfs_servers_of(mounts, config_.nfs_servers, directory_.current());
  carry_out(core_.on_mounts(std::move(mounts), std::move(servers), monotonic_now()));
}

// ---------------------------------------------------------------- what the core wants

void Executor::carry_out(const ExecutorEffects& effects) {
  for (const auto& effect : effects) {
    std::visit([&](const auto& one) { carry_out(one); }, effect);
  }
}

void Executor::carry_out(const TellSession& effect) { session_.tell(effect.message); }

void Executor::carry_out(const StartSession&) {
  if (auto status = start_session(); !status) {
    carry_out(core_.on_session_not_started(status.error(), monotonic_now()));
  }
}

void Executor::carry_out(const EndSession&) { session_.end(); }

void Executor::carry_out(const SpawnChild& effect) {
  auto child = Child::spawn([&](const ChildEnd& parent) {
    work(effect.job,
         {.config = config_,
          .services = services_,
          .fence_file = fence_file_,
          .quarantine_file = quarantine_file_,
          .directory = directory_,
          .boot_id = boot_id_,
          .inotify = changes_.inotify(),
          .mount_order = mount_order_,
          .leftovers = effect.leftovers,
          .odd_places = core_.odd_places(),
          .inventory = core_.inventory(),
          .mentions = memory_.mentions,
          .sockets = memory_.sockets,
          .markers = memory_.markers,
          .made_plans = memory_.made_plans},
         parent);
  });
  if (!child) return carry_out(core_.on_no_child(child.error(), monotonic_now()));
  child_ = std::make_unique<Child>(std::move(*child));
  child_watch_ = reactor_.on(
      child_->channel().fd(), net::Reactor::readable,
      [this](net::Reactor::Ready) { on_child_message(); }, net::Reactor::Order::first);
}

void Executor::carry_out(const KillChild&) {
  if (child_) child_->kill();
}

void Executor::carry_out(const StoreOutcome& effect) {
  if (auto status = fence_file_.store_outcome(effect.outcome); !status) {
    log_line("SN1907", status.error().message());
  }
}

void Executor::carry_out(const StoreQuarantine& effect) {
  if (auto status = quarantine_file_.store(effect.record, boot_id_); !status) {
    log_line("SN1911", status.error().message());
  }
}

void Executor::carry_out(const RemoveQuarantine&) { quarantine_file_.remove(); }

void Executor::carry_out(const LogLine& effect) { log_line(effect.id, effect.text); }

void Executor::carry_out(const StartKnock&) {
  knocker_.start([this] { let_go(); });
}

}  // namespace sn::agent
