#include "tests/sim/sim_node.h"

#include <algorithm>
#include <utility>

#include "common/orders/signed_orders.h"
#include "tests/sim/service_nodes.h"

namespace sn::sim {

namespace {

constexpr uint32_t kReferences = 9;
constexpr const char* kSignedLaw = "only what is signed for this start of this node is obeyed";
constexpr int64_t kStartMs = 500;
constexpr int64_t kBootMs = 30'000;
// As in agent/config.h.
constexpr int64_t kBootScriptsDeadlineMs = 300'000;
constexpr int64_t kBootScriptsPatienceMs = 30'000;

}  // namespace

SimNode::SimNode(std::string name, std::string service_node, std::vector<std::string> endpoints,
                 bool keeps_files, Schedule& schedule, Random& random, Laws& laws, World world)
    : name_(std::move(name)),
      image_binding_(std::move(service_node)),
      image_((name_.back() - '0') % 3),
      endpoints_(std::move(endpoints)),
      keeps_files_(keeps_files),
      schedule_(schedule),
      random_(random),
      laws_(laws),
      world_(std::move(world)) {
  disk_.references[image_binding_] = kReferences;
}

SimNode::~SimNode() = default;

// ---------------------------------------------------------------- what happens to it

void SimNode::power_on() {
  if (on_ || given_away_) return;
  on_ = true;
  ++boots_;
  schedule_.in(random_.between(kBootMs / 2, kBootMs), [this, boot = boots_] {
    if (on_ && boot == boots_) start_executor();
  });
}

void SimNode::lose_processes() {
  ++executors_;
  // What was accepted and not begun yet is forgotten: a child makes it durable before anything
  // else.
  laws_.remembers(name_, disk_.fence.generation);
  if (child_) child_->vanish();
  had_living_.reset();
  child_.reset();
  executor_.reset();
  wake_up_.reset();
  crashes_.clear();
  core_.reset();
  connection_.clear();
}

void SimNode::power_off() {
  if (!on_) return;
  on_ = false;
  lose_processes();
  disk_.journal.reset();  // /run
  disk_.quarantine.reset();
  disk_.fence.last.reset();
  mend();
  disk_.script_ends = {};
  if (keeps_files_) return;
  disk_.fence = {};
  laws_.forgot(name_);
  disk_.references = {{image_binding_, kReferences}};
  forgot_ = true;
}

void SimNode::reboot() {
  power_off();
  power_on();
}

void SimNode::kill_session() {
  if (!core_ || !executor_) return;
  core_.reset();
  connection_.clear();
  carry_out(executor_->on_session_gone(schedule_.now()));
  tick_executor();
}

void SimNode::kill_executor() {
  if (!on_ || !executor_) return;
  lose_processes();
  schedule_.in(kStartMs, [this, executor = executors_] {
    if (on_ && executor == executors_) start_executor();
  });
}

// ---------------------------------------------------------------- the session

void SimNode::start_session() {
  agent::SessionConfig config;
  config.node = name_;
  config.version = "sim";
  config.boot_id = boot_id();
  config.confined = true;
  config.instance = name_ + "-" + std::to_string(++sessions_);
  config.endpoints = endpoints_;
  config.seed = random_.next();
  core_ = std::make_unique<agent::SessionCore>(std::move(config));
  carry_out(executor_->on_session_started(schedule_.now()));
}

void SimNode::hear(const std::string& connection, const wire::ToAgent& message) {
  if (core_ && connection == connection_) {
    carry_out(core_->on_coordinator(message, schedule_.now()));
  }
}

void SimNode::connection_lost(const std::string& connection) {
  if (core_ && connection == connection_) carry_out(core_->on_connection_lost(schedule_.now()));
}

void SimNode::carry_out(const agent::SessionEffects& effects) {
  for (const auto& effect : effects) {
    if (!core_) return;  // one of them was its end
    if (const auto* connect = std::get_if<agent::Connect>(&effect)) {
      connection_ = world_.connect(name_, connect->endpoint);
      if (world_.accepts(connection_)) {
        schedule_.in(random_.between(0, 50), [this, connection = connection_] {
          if (core_ && connection == connection_) {
            carry_out(core_->on_connected(schedule_.now()));
          }
        });
      }
    } else if (const auto* out = std::get_if<agent::ToCoordinator>(&effect)) {
      world_.send(connection_, out->message);
    } else if (const auto* ask = std::get_if<agent::ToExecutor>(&effect)) {
      ask_executor(ask->message);
    } else if (const auto* probe = std::get_if<agent::StartProbe>(&effect)) {
      schedule_.in(random_.between(1, probe->deadline_ms),
                   [this, id = probe->id, who = probe->address, services = probe->services,
                    session = sessions_] {
                     if (!core_ || session != sessions_) return;
                     carry_out(core_->on_probe(id, world_.look(who, services), schedule_.now()));
                   });
    }
  }
  tick_session_when_due();
}

void SimNode::tick_session_when_due() {
  if (!core_) return;
  const MonotonicTime due = core_->next_tick();
  if (due.ms == INT64_MAX) return;
  schedule_.at(std::max(due, schedule_.now() + 1), [this, session = sessions_] {
    // A later one was planned meanwhile if this one is not due any more.
    if (!core_ || session != sessions_ || core_->next_tick() > schedule_.now()) return;
    carry_out(core_->tick(schedule_.now()));
  });
}

void SimNode::ask_executor(const wire::Verb& verb) {
  const auto effects = executor_->on_verb(verb, schedule_.now());
  if (const auto* order = std::get_if<wire::OrderVerb>(&verb)) {
    const auto says = orders::content_of(order->order);
    const auto* rebind = says ? std::get_if<wire::Rebind>(&says->what) : nullptr;
    if (rebind != nullptr) note_heard(*rebind, effects);
  }
  carry_out(effects);
  tick_executor();
}

void SimNode::note_heard(const wire::Rebind& rebind, const agent::ExecutorEffects& effects) {
  orders_[rebind.generation] = rebind;
  laws_.hears(name_, rebind.generation);
  for (const auto& effect : effects) {
    const auto* told = std::get_if<agent::TellSession>(&effect);
    const auto* reply = told ? std::get_if<wire::RebindReply>(&told->message) : nullptr;
    if (reply && reply->accepted) laws_.saw(name_, rebind.generation);
  }
}

void SimNode::misuse_session(const wire::SignedOrder& order, bool signed_by_us) {
  if (!executor_) return;
  const auto says = orders::content_of(order);
  const bool lawful = signed_by_us && says && *says == for_this_start(says->what);
  const auto* rebind = says ? std::get_if<wire::Rebind>(&says->what) : nullptr;
  const agent::Fence before = executor_->fence();
  const auto effects = executor_->on_verb(wire::OrderVerb{0, order}, schedule_.now());
  // Said again: it is the order that the coordinator gave.
  if (lawful && rebind != nullptr) note_heard(*rebind, effects);
  for (const auto& effect : effects) {
    const auto* told = std::get_if<agent::TellSession>(&effect);
    const auto* reply = told ? std::get_if<wire::RebindReply>(&told->message) : nullptr;
    const bool answers = told && (std::holds_alternative<wire::RebindReply>(told->message) ||
                                  std::holds_alternative<wire::PlanReply>(told->message) ||
                                  std::holds_alternative<wire::ClearReply>(told->message));
    const auto* cleared = told ? std::get_if<wire::ClearReply>(&told->message) : nullptr;
    const bool obeys = (reply && reply->accepted) ||
                       (cleared && cleared->quarantine.reason.empty()) ||
                       std::holds_alternative<agent::KillChild>(effect);
    if (obeys && !lawful) laws_.broke(kSignedLaw, name_, before.generation);
    // The thief keeps the answers.
    if (!answers) carry_out({effect});
  }
  if (!executor_) return;
  const agent::Fence after = executor_->fence();
  if (!lawful && (after.generation != before.generation || after.epoch != before.epoch)) {
    laws_.broke(kSignedLaw, name_, after.generation);
  }
  const bool at_work = executor_->job() != nullptr;
  tick_executor();
  const agent::Job* begun = at_work || !executor_ ? nullptr : executor_->job();
  if (!lawful && begun != nullptr && begun->kind != agent::Job::Kind::inspect) {
    laws_.broke(kSignedLaw, name_, after.generation);
  }
}

// ---------------------------------------------------------------- the executor

void SimNode::start_executor() {
  ++executors_;
  if (disk_.journal && disk_.journal->past_commit_point && random_.chance(mishaps_.breaks)) {
    disk_.journal_unreadable = random_.chance(500);
    disk_.odd_place = !disk_.journal_unreadable;
    if (disk_.journal_unreadable) disk_.journal.reset();
  }
  executor_ =
      std::make_unique<agent::ExecutorCore>(agent::ExecutorConfig{name_,
                                                                  true,
                                                                  kBootScriptsDeadlineMs,
                                                                  kBootScriptsPatienceMs,
                                                                  {},
                                                                  boot_id(),
                                                                  std::to_string(executors_),
                                                                  {world_.order_key}});
  carry_out(executor_->start({disk_.quarantine, disk_.fence, disk_.read_journal()},
                             {"directory", world_.service_nodes}, schedule_.now()));
  start_session();
  tick_executor();
}

void SimNode::tick_executor() {
  if (!executor_) return;
  carry_out(executor_->tick(schedule_.now()));
  tick_executor_when_due();
}

void SimNode::tick_executor_when_due() {
  if (!executor_) return;
  const MonotonicTime due = std::max(executor_->next_tick(), schedule_.now() + 1);
  if (wake_up_ && *wake_up_ <= due) return;
  wake_up_ = due;
  schedule_.at(due, [this, due, executor = executors_] {
    if (!executor_ || executor != executors_ || wake_up_ != due) return;
    wake_up_.reset();
    tick_executor();
  });
}

void SimNode::carry_out(const agent::ExecutorEffects& effects) {
  for (const auto& effect : effects) {
    if (!executor_) return;  // one of them was its end
    std::visit([&](const auto& one) { carry_out(one); }, effect);
  }
}

void SimNode::carry_out(const agent::TellSession& effect) {
  if (const auto* report = std::get_if<wire::OutcomeReport>(&effect.message)) {
    const uint64_t generation = report->outcome.generation;
    laws_.reports(name_, report->outcome, disk_.left(orders_[generation]));
    laws_.ends(name_, generation);
    crashes_.erase(generation);
  }
  if (core_) carry_out(core_->on_executor(effect.message, schedule_.now()));
}

void SimNode::carry_out(const agent::StartSession&) { start_session(); }
void SimNode::carry_out(const agent::EndSession&) { kill_session(); }

void SimNode::carry_out(const agent::SpawnChild& effect) {
  if (effect.leftovers.journal && !effect.leftovers.begun) disk_.journal.reset();
  if (effect.job.kind == agent::Job::Kind::rebind && random_.chance(mishaps_.dies)) {
    schedule_.in(random_.between(0, 120), [this, executor = executors_] {
      if (executor == executors_) kill_executor();
    });
  }
  child_answered_ = child_began_ = false;
  child_ = std::make_shared<FakeChild>(
      effect.job, FakeChild::Surroundings{
                      disk_, schedule_, random_, mishaps_, world_.service_nodes, world_.look,
                      image_, [this](const wire::FromChild& message) { hear_child(message); },
                      [this, executor = executors_] {
                        if (executor == executors_) child_gone();
                      },
                      [this](const agent::Job& job) { begins(job); }});
  child_->begin();
}

void SimNode::carry_out(const agent::KillChild&) {
  if (child_) child_->kill();
}
void SimNode::carry_out(const agent::StoreOutcome& effect) {
  if (disk_.fence.generation == effect.outcome.generation) disk_.fence.last = effect.outcome;
}
void SimNode::carry_out(const agent::StoreQuarantine& effect) { disk_.quarantine = effect.record; }
void SimNode::carry_out(const agent::RemoveQuarantine&) { disk_.quarantine.reset(); }
void SimNode::carry_out(const agent::LogLine& effect) {
  world_.log(name_, std::string(effect.id) + " " + effect.text);
}

// ---------------------------------------------------------------- its child

// From here on it changes something.
void SimNode::begins(const agent::Job& job) {
  child_began_ = true;
  const uint64_t generation = job.rebind.generation;
  if (disk_.broken()) laws_.broke("a broken node begins nothing", name_, generation);
  if (crashes_[generation] > agent::kMaxCrashes) {
    laws_.broke("what kills its child again and again is given up", name_, generation);
  }
  if (job.recovering) return;  // what is half done is finished, whatever was heard since
  living_.clear();
  for (const auto& name : world_.service_nodes) {
    if (shows_life(world_.look(name, {}).life)) living_.insert(name);
  }
  had_living_ = references_to_living();
  laws_.acts(name_, generation, job.rebind.to);
  laws_.begins(name_, generation);
}

uint32_t SimNode::references_to_living() const {
  uint32_t count = 0;
  for (const auto& [name, references] : disk_.references) {
    if (living_.contains(name)) count += references;
  }
  return count;
}

void SimNode::judge_outcome(const wire::OutcomeReport& report) {
  const auto& to = report.outcome.to;
  laws_.says_verified(name_, report.outcome, world_.look(to, needed_services()));
  if (had_living_) laws_.leaves(name_, *had_living_, references_to_living());
  had_living_.reset();
}

void SimNode::hear_child(const wire::FromChild& message) {
  if (!executor_) return;
  const MonotonicTime now = schedule_.now();
  if (const auto* report = std::get_if<wire::OutcomeReport>(&message)) {
    child_answered_ = true;
    forgot_ = false;
    judge_outcome(*report);
  }
  if (const auto* scripts = std::get_if<wire::ScriptsAtWork>(&message)) {
    child_answered_ = true;
    crashes_.clear();
    carry_out(executor_->on_child(*scripts, now));
    schedule_.at(disk_.script_ends, [this, executor = executors_] {
      if (executor != executors_ || disk_.script_ends > schedule_.now()) return;
      carry_out(executor_->on_scripts({}));
      tick_executor();
    });
  } else if (const auto* trouble = std::get_if<wire::Quarantine>(&message)) {
    carry_out(executor_->on_trouble(*trouble, disk_.quarantine, now));
  } else if (const auto* looked = std::get_if<wire::ClearReply>(&message)) {
    carry_out(executor_->on_looked_again(*looked, disk_.read_journal(), now));
  } else {
    carry_out(executor_->on_child(message, now));
  }
  tick_executor();
}

void SimNode::child_gone() {
  if (!executor_ || !child_) return;
  const agent::Job job = child_->job();
  child_.reset();
  if (child_began_ && !child_answered_) ++crashes_[job.rebind.generation];
  carry_out(executor_->on_child_gone(disk_.read_journal(), schedule_.now()));
  tick_executor();
}

}  // namespace sn::sim
