#include "tests/crash/trial.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "common/wire/codec.h"
#include "tests/crash/calls.h"
#include "tests/crash/services.h"
#include "tests/crash/text.h"

namespace sn::crash {

namespace {

// A run takes a fifth of a second; one of the product's own deadlines (a service that does not
// start: 2 s, a stager: 10 s) may be waited for.
constexpr int64_t kRunMs = 40'000;
constexpr int64_t kDeathMs = 10'000;
constexpr int64_t kDaemonMs = 3'000;
constexpr int64_t kClearMs = 10'000;
// ERESTARTNOINTR: a signal came, and the kernel makes the call once more; fork(2) is such a call.
constexpr int64_t kMadeAgain = -513;
constexpr uint64_t kBeneath = 0x200;  // MOVE_MOUNT_BENEATH

// The only file whose file system is mounted nowhere else, so that it is rewritten in place.
constexpr const char* kInPlace = "/opt/xcat/xcatinfo";
// What a rebind of a node begins with, after everything that lay about was cleared away.
constexpr const char* kBegin = "open /run/snagent/.generation.snagent";

// Where a path lies that the outcome knows by another name: on a mount, or bind-mounted.
std::string name_of(const std::string& path) {
  if (path.starts_with("/install") || path.starts_with("/opt/apps") || path == "/etc/app.conf") {
    return "mount ";
  }
  return path == "/persist/etc/niminfo" ? "/etc/niminfo" : path;
}

// The lease that was not changed; or, where it is not known that there is one, its holder.
bool names_lease(const wire::Outcome& outcome) {
  return std::any_of(outcome.findings.begin(), outcome.findings.end(), [](const Finding& finding) {
    return finding.what == FindingClass::left &&
           (finding.place == "resolved eth1" || finding.place == "resolved");
  });
}

bool is_daemon(const Process& process) {
  const std::string name = read_all("/proc/" + std::to_string(process.pid) + "/comm");
  return std::any_of(kDaemons.begin(), kDaemons.end(), [&](const Daemon& daemon) {
    return name == std::string(daemon.process) + "\n";
  });
}

}  // namespace

Run::Run(Bench& bench, const Trial& trial)
    : bench_(bench),
      trial_(trial),
      node_(bench.world, bench.programs, bench.keys),
      tracer_(*this, "snagentd", {std::string(kResolvectl)}),
      nfs_(tracer_) {}

Run::~Run() {
  bench_.coordinator.command({});
  if (node_.first_process() > 0 && tracer_.finish(node_.first_process(), now_ms() + kDeathMs)) {
    node_.gone();
  }
}

std::string Run::boot() {
  if (!bench_.world.reset_routes() || !bench_.world.revive_old(trial_.verb == Verb::failback)) {
    return "the network could not be made";
  }
  if (!node_.boot(bench_.log)) return "the node did not come up";
  if (!tracer_.take(node_.first_process())) return "the node's first process can't be traced";
  nfs_.set_root(node_.root());
  return trial_.verb == Verb::failback ? move_there() : "";
}

std::string Run::move_there() {
  command();
  if (auto wrong = start_and_wait(Phase::there); !wrong.empty()) return wrong;
  if (verdict() != "verified") return "the takeover that is to be taken back ended " + verdict();
  let_daemons_read();
  tracer_.kill_all(is_daemon);
  if (auto wrong = await_death(); !wrong.empty()) return wrong;
  undo_ = bench_.generation;
  seen_.clear();
  return {};
}

void Run::command() {
  bench_.coordinator.command({++bench_.generation, undo_, trial_.verb == Verb::rehearsal});
}

Bench::Images& Run::images() const { return bench_.images.at({trial_.old_kernel, trial_.verb}); }

// The first run, and every later one of the same node: until the node said how it ended, or died.
std::string Run::start_and_wait(Phase phase) {
  phase_ = phase;
  main_gone_ = false;
  node_.start_agent();
  const bool ended = tracer_.run(
      [&] {
        if (killed_) return !tracer_.program_runs();
        return !bench_.coordinator.outcome().empty() || main_gone_;
      },
      now_ms() + kRunMs);
  if (!ended) {
    static constexpr const char* kPhases[] = {"there", "first", "recovery", "again"};
    return "no outcome and no end within " + std::to_string(kRunMs / 1000) + " s; phase " +
           kPhases[static_cast<size_t>(phase)] + "; " + bench_.coordinator.text() +
           "; in the node:\n" + processes_text(node_.root()) + "  in the tracer:\n" +
           tracer_.text();
  }
  return {};
}

std::string Run::await_death() {
  // A fork whose parent died at once is not known to the tracer before it stops.
  const auto gone = [&] { return !tracer_.program_runs() && !runs_in(node_.root(), "snagentd"); };
  if (tracer_.run(gone, now_ms() + kDeathMs)) return {};
  return "a process of the agent outlived it";
}

// ---------------------------------------------------------------- at a call

Action Run::on_call(Call& call) {
  Action action;
  const Description what = describe(call);
  if (!what.name.empty()) {
    const unsigned occurrence = ++seen_[what.text];
    if (points_ != nullptr) {
      points_->push_back({what.name, what.text, occurrence, what.writes, call.by.depth});
    }
    if (phase_ == Phase::first && trial_.point && !struck_ && what.text == trial_.point->text &&
        occurrence == trial_.point->occurrence) {
      if (!trial_.kill) {
        struck_ = true;
        action.error = trial_.error;
        action.halve = trial_.halve;
        if (action.error != 0) return action;
      } else if (trial_.after) {
        action.tell_end = true;
      } else {
        strike(call);
        return action;
      }
    }
    if (phase_ == Phase::recovery) {
      ++recovery_calls_;
      if (must_be_untouched_ && what.text.starts_with(kBegin)) {
        must_be_untouched_ = false;
        wrong_on_the_way_ = check_untouched();
      }
      if (trial_.second_kill != 0 && recovery_calls_ == trial_.second_kill && !killed_again_) {
        killed_again_ = killed_ = true;
        tracer_.kill_all(is_daemon);
        return action;
      }
    }
  }
  if (trial_.old_kernel && call.number == SYS_move_mount && (call.arguments[4] & kBeneath) != 0) {
    action.error = EINVAL;
    return action;
  }
  action.pretend = nfs_.play(call);
  return action;
}

void Run::on_end(const Call& call, int64_t result) {
  if (result == kMadeAgain) return uncount(call);
  if (phase_ != Phase::first || !trial_.kill || !trial_.after || struck_) return;
  // Forks are told unasked.
  const Description what = describe(call);
  if (!trial_.point || what.name != trial_.point->name) return;
  if (makes_process(call) &&
      (what.text != trial_.point->text || seen_[what.text] != trial_.point->occurrence)) {
    return;
  }
  strike(call);
}

void Run::uncount(const Call& call) {
  const std::string text = describe(call).text;
  --seen_[text];
  if (phase_ == Phase::recovery) --recovery_calls_;
  if (points_ == nullptr) return;
  const auto last = std::find_if(points_->rbegin(), points_->rend(),
                                 [&](const Point& point) { return point.text == text; });
  if (last != points_->rend()) points_->erase(std::next(last).base());
}

void Run::strike(const Call& call) {
  struck_ = true;
  switch (trial_.victims) {
    case Victims::all:
      killed_ = true;
      tracer_.kill_all(is_daemon);
      break;
    case Victims::main:
      killed_ = true;
      tracer_.kill_main();
      break;
    case Victims::child:
      tracer_.kill_group(call.by.group);
      break;
  }
}

void Run::on_main_gone(int) { main_gone_ = true; }

// ---------------------------------------------------------------- what must be true

// Without MOVE_MOUNT_BENEATH what lies below a mount is seen for a moment.
bool Run::may_be_bare(const std::string& path) const {
  return trial_.old_kernel && tracer_.main_process() == 0 &&
         (name_of(path) == "mount " || path == "/etc/niminfo");
}

std::string Run::one_or_the_other(const Image& now) const {
  const auto& [before, after] = images();
  std::string text;
  for (const auto& [path, content] : now.files) {
    if (path == kInPlace || may_be_bare(path)) continue;
    const auto was = before.files.find(path);
    const auto becomes = after.files.find(path);
    const bool old = was != before.files.end() && was->second == content;
    const bool fresh = becomes != after.files.end() && becomes->second == content;
    if (!old && !fresh) text += path + " is neither old nor new:\n" + content + "\n";
  }
  const auto look = [&](const std::vector<std::string>& lines, const std::vector<std::string>& was,
                        const std::vector<std::string>& becomes) {
    for (const auto& line : lines) {
      // On its way: a bind of the temporary is there, and the temporary still has its name.
      if (tracer_.main_process() == 0 && line.ends_with(".snagent")) continue;
      if (!std::binary_search(was.begin(), was.end(), line) &&
          !std::binary_search(becomes.begin(), becomes.end(), line)) {
        text += "neither old nor new: " + line + "\n";
      }
    }
  };
  look(now.mounts, before.mounts, after.mounts);
  look(now.routes, before.routes, after.routes);
  for (const auto& [daemon, content] : now.uses) {
    if (content == before.uses.at(daemon) || content == after.uses.at(daemon)) continue;
    text += daemon + " runs on neither the old nor the new:\n" + content + "\n";
  }
  return text;
}

std::string Run::check_dead() const {
  const Image now = look_at(node_);
  std::string wrong = one_or_the_other(now);
  for (const auto& [path, content] : images().before.files) {
    if (may_be_bare(path)) continue;
    if (!now.files.contains(path)) wrong += path + " is gone\n";
  }
  return wrong.empty() ? wrong : "while the agent is dead:\n" + wrong;
}

std::string Run::check_untouched() const {
  const Image now = look_at(node_);
  std::string wrong = difference(images().before, now, false);
  if (now.uses != images().before.uses) wrong += "\na daemon was told something";
  for (const auto& path : now.leftovers) {
    if (!path.starts_with("/run/snagent/") && !path.starts_with("/var/lib/snagent/")) {
      wrong += path + " was left behind\n";
    }
  }
  return wrong.empty() ? wrong : "not begun, and yet: " + wrong;
}

void Run::let_daemons_read() {
  const std::string root = node_.root();
  const auto has_read = [&](const Daemon& daemon) {
    return daemon.configuration.empty() || read_all(root + uses_file(daemon.process)) ==
                                               read_all(root + std::string(daemon.configuration));
  };
  (void)tracer_.run([&] { return std::all_of(kDaemons.begin(), kDaemons.end(), has_read); },
                    now_ms() + kDaemonMs);
}

std::string Run::check_finished() {
  let_daemons_read();
  Image now = look_at(node_);
  if (trial_.old_kernel && trial_.kill) {
    // Lost with a place that was bare when the agent was killed (agent/DESIGN.md).
    for (const auto& mount : images().after.mounts) {
      if (mount.starts_with("/install/scratch ") &&
          std::find(now.mounts.begin(), now.mounts.end(), mount) == now.mounts.end()) {
        now.mounts.push_back(mount);
        std::sort(now.mounts.begin(), now.mounts.end());
        now.files["/install/scratch"] = images().after.files.at("/install/scratch");
      }
    }
  }
  std::string wrong = difference(images().after, now, true);
  for (const auto& path : now.leftovers) wrong += "\n" + path + " was left behind";
  // One whose last line could not be written is finished once more by the next start.
  const bool may_be_open = phase_ == Phase::first && trial_.point && !trial_.kill &&
                           trial_.point->text.find("/run/snagent/journal") != std::string::npos;
  if (!now.journal.empty() && now.journal != "commit" && !may_be_open) {
    wrong += "\nthe journal ends with " + now.journal;
  }
  return wrong;
}

std::string Run::verdict() const {
  const auto outcome = wire::decode_outcome(bench_.coordinator.outcome());
  return outcome ? std::string(to_string(outcome->verdict)) : "none";
}

std::string Run::check_after_fault() {
  // What a rehearsal that died has left is cleared away by the next look, which is due at once.
  if (trial_.verb == Verb::rehearsal && trial_.kill) {
    (void)tracer_.run([&] { return look_at(node_).leftovers.empty(); }, now_ms() + kClearMs);
  }
  const auto outcome = wire::decode_outcome(bench_.coordinator.outcome());
  if (!outcome) return "no outcome";
  const auto& [before, after] = images();
  const Image now = look_at(node_);
  std::string wrong;
  switch (outcome->verdict) {
    case Verdict::verified:
      wrong = check_finished();
      break;
    case Verdict::blocked:
    case Verdict::failed:
      wrong = difference(before, now, true);
      break;
    case Verdict::partly: {
      wrong = one_or_the_other(now);
      if (const auto twice = std::adjacent_find(now.mounts.begin(), now.mounts.end());
          twice != now.mounts.end()) {
        wrong += "mounted twice: " + *twice + "\n";
      }
      std::string said;
      for (const auto& finding : outcome->findings)
        said += finding.place + " " + text_of(finding.reason) + "\n";
      for (const auto& [path, content] : after.files) {
        const auto found = now.files.find(path);
        if (found != now.files.end() && found->second == content) continue;
        if (said.find(name_of(path)) == std::string::npos) {
          wrong += path + " is not new and not named; the outcome says:\n" + said;
        }
      }
      const std::string resolved(kResolved);
      if (now.uses.at(resolved) != after.uses.at(resolved) && !names_lease(*outcome)) {
        wrong += "the lease is not new and not named; the outcome says:\n" + said;
      }
      if (outcome->findings.empty()) wrong += "partly, and nothing is named";
      break;
    }
    default:
      wrong = "verdict " + verdict();
  }
  for (const auto& path : now.leftovers) {
    // Of its own state: replaced by the next write of the same file.
    if (path.starts_with("/run/snagent/") || path.starts_with("/var/lib/snagent/")) continue;
    wrong += "\n" + path + " was left behind";
  }
  return wrong.empty() ? wrong
                       : "the outcome is " + verdict() + ", and: " + wrong + "\n" +
                             wire::outcome_json(*outcome);
}

// ---------------------------------------------------------------- a trial

// From a dead agent to a finished takeover.
std::string Run::recover() {
  while (true) {
    if (auto wrong = await_death(); !wrong.empty()) return wrong;
    if (auto wrong = check_dead(); !wrong.empty()) return wrong;
    killed_ = false;
    must_be_untouched_ = !killed_again_ && !look_at(node_).past_commit_point &&
                         bench_.coordinator.outcome().empty() && look_at(node_).journal != "commit";
    if (auto wrong = start_and_wait(Phase::recovery); !wrong.empty()) return wrong;
    if (!wrong_on_the_way_.empty()) return wrong_on_the_way_;
    if (killed_) continue;
    if (main_gone_) return "the agent ended by itself after it was started again";
    return {};
  }
}

std::string Run::go() {
  if (auto wrong = boot(); !wrong.empty()) return wrong;
  command();
  if (auto wrong = start_and_wait(Phase::first); !wrong.empty()) return wrong;
  if (!struck_) return "not reached: " + trial_.point->text;
  if (killed_ || main_gone_) {
    if (auto wrong = recover(); !wrong.empty()) return wrong;
  }
  // A helper of the child that died is to it what an error is; and a rehearsal is not begun anew by
  // itself.
  const bool told = trial_.kill && trial_.victims == Victims::child &&
                    (trial_.point->depth > 1 || trial_.verb == Verb::rehearsal);
  if (trial_.kill && !told) {
    if (verdict() != "verified") {
      const auto outcome = wire::decode_outcome(bench_.coordinator.outcome());
      return "the outcome is " + (outcome ? wire::outcome_json(*outcome) : "none");
    }
    return check_finished();
  }
  if (auto wrong = check_after_fault(); !wrong.empty()) return wrong;
  tracer_.kill_all(is_daemon);
  if (auto wrong = await_death(); !wrong.empty()) return wrong;
  command();
  if (auto wrong = start_and_wait(Phase::again); !wrong.empty()) return wrong;
  if (main_gone_) return "the agent ended by itself after it was started again";
  if (verdict() != "verified") {
    const auto outcome = wire::decode_outcome(bench_.coordinator.outcome());
    return "the second takeover: " + (outcome ? wire::outcome_json(*outcome) : "none");
  }
  const auto wrong = check_finished();
  return wrong.empty() ? wrong : "after the second takeover: " + wrong;
}

std::string Run::go_well(std::vector<Point>& points) {
  if (auto wrong = boot(); !wrong.empty()) return wrong;
  auto& [before, after] = bench_.images[{trial_.old_kernel, trial_.verb}];
  before = look_at(node_);
  points_ = &points;
  command();
  if (auto wrong = start_and_wait(Phase::first); !wrong.empty()) return wrong;
  points_ = nullptr;
  if (main_gone_) return "the agent ended by itself";
  if (verdict() != "verified") {
    const auto outcome = wire::decode_outcome(bench_.coordinator.outcome());
    return "the outcome is " + (outcome ? wire::outcome_json(*outcome) : "none");
  }
  let_daemons_read();
  after = look_at(node_);
  if (trial_.verb == Verb::rehearsal) {
    const auto changed = difference(before, after, true);
    if (!changed.empty()) return "the rehearsal changed something: " + changed;
  }
  if (trial_.verb == Verb::failback) {
    const auto drifted =
        difference(bench_.images.at({trial_.old_kernel, Verb::takeover}).before, after, true);
    if (!drifted.empty()) return "the failback is not exact: " + drifted;
  }
  return check_finished();
}

}  // namespace sn::crash
