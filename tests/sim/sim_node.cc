#include "tests/sim/sim_node.h"

#include <algorithm>
#include <utility>

namespace sn::sim {

namespace {

constexpr uint32_t kReferences = 9;
// Of a step of a real rebind, and of a start.
constexpr int64_t kStepMs = 40;
constexpr int64_t kEndMs = 20;
constexpr int64_t kStartMs = 500;
constexpr int64_t kBootMs = 30'000;
constexpr int64_t kHangMs = 60'000;

}  // namespace

SimNode::SimNode(std::string name, std::string service_node, std::vector<std::string> endpoints,
                 bool keeps_files, Schedule& schedule, Random& random, Laws& laws, World world)
    : name_(std::move(name)),
      image_binding_(std::move(service_node)),
      endpoints_(std::move(endpoints)),
      keeps_files_(keeps_files),
      schedule_(schedule),
      random_(random),
      laws_(laws),
      world_(std::move(world)) {
  references_[image_binding_] = kReferences;
}

// ---------------------------------------------------------------- what happens to it

void SimNode::power_on() {
  if (on_) return;
  on_ = true;
  ++boots_;
  schedule_.in(random_.between(kBootMs / 2, kBootMs), [this, boot = boots_] {
    if (on_ && boot == boots_) start_executor();
  });
}

void SimNode::power_off() {
  if (!on_) return;
  on_ = false;
  ++executor_;
  core_.reset();
  connection_.clear();
  job_.reset();
  waiting_.reset();
  journal_.reset();  // /run
  fence_.last.reset();
  broken_ = in_quarantine_ = false;
  if (keeps_files_) return;
  fence_ = {};
  laws_.forgot(name_);
  references_ = {{image_binding_, kReferences}};
  forgot_ = true;
}

void SimNode::reboot() {
  power_off();
  power_on();
}

void SimNode::kill_session() {
  if (!core_) return;
  core_.reset();
  connection_.clear();
  schedule_.in(kStartMs, [this, executor = executor_] {
    if (on_ && executor == executor_ && !core_) start_session();
  });
}

void SimNode::kill_executor() {
  if (!on_ || !core_) return;
  ++executor_;
  core_.reset();
  connection_.clear();
  job_.reset();
  waiting_.reset();
  schedule_.in(kStartMs, [this, executor = executor_] {
    if (on_ && executor == executor_) start_executor();
  });
}

// ---------------------------------------------------------------- the session

void SimNode::start_session() {
  agent::SessionConfig config;
  config.node = name_;
  config.version = "sim";
  config.boot_id = name_ + "-" + std::to_string(boots_);
  config.instance = name_ + "-" + std::to_string(++sessions_);
  config.endpoints = endpoints_;
  config.seed = random_.next();
  core_ = std::make_unique<agent::SessionCore>(std::move(config));
  wire::ProbeTargets targets;  // an address is a name here
  for (const auto& name : world_.service_nodes) targets.targets.push_back({name, name});
  tell_session(targets);
  tell_session(state());
}

void SimNode::hear(const std::string& connection, const wire::Message& message) {
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
    } else if (const auto* out = std::get_if<agent::ToCoordinator>(&effect)) {
      world_.send(connection_, out->message);
    } else if (const auto* ask = std::get_if<agent::ToExecutor>(&effect)) {
      ask_executor(ask->message);
    } else if (const auto* probe = std::get_if<agent::StartProbe>(&effect)) {
      schedule_.in(random_.between(1, probe->deadline_ms),
                   [this, id = probe->id, who = probe->address, session = sessions_] {
                     if (!core_ || session != sessions_) return;
                     carry_out(core_->on_probe(id, world_.answers(who), "sim", schedule_.now()));
                   });
    }
  }
  tick_when_due();
}

void SimNode::tick_when_due() {
  if (!core_) return;
  const MonotonicTime due = core_->next_tick();
  if (due.ms == INT64_MAX) return;
  schedule_.at(std::max(due, schedule_.now() + 1), [this, session = sessions_, due] {
    // A later one was planned meanwhile if this one is not due any more.
    if (!core_ || session != sessions_ || core_->next_tick() > schedule_.now()) return;
    (void)due;
    carry_out(core_->tick(schedule_.now()));
  });
}

// ---------------------------------------------------------------- the executor

void SimNode::start_executor() {
  ++executor_;
  ended_ = 0;
  job_.reset();
  waiting_.reset();
  if (journal_ && journal_->committed && random_.chance(mishaps_.breaks)) {
    broken_ = in_quarantine_ = true;
    journal_.reset();
  }
  // What was past its commit point is finished; what was not is forgotten.
  if (journal_ && journal_->committed) {
    job_ = journal_;
    schedule_.in(kStepMs, [this, executor = executor_] { finish(executor, false); });
  }
  journal_ = job_;
  start_session();
}

void SimNode::tell_session(const wire::LocalMessage& message) {
  if (core_) carry_out(core_->on_executor(message, schedule_.now()));
}

wire::ExecutorState SimNode::state() const {
  wire::ExecutorState state;
  state.mode = "act";
  state.generation = fence_.generation;
  state.generation_target = fence_.target;
  state.bindings = bindings();
  if (fence_.last) state.last.push_back(*fence_.last);
  if (in_quarantine_) state.quarantine.push_back({"sim: it can't be right", "mend it"});
  return state;
}

std::vector<wire::Binding> SimNode::bindings() const {
  std::vector<wire::Binding> bindings;
  for (const auto& [service_node, count] : references_) {
    if (count > 0) bindings.push_back({service_node, count});
  }
  return bindings;
}

void SimNode::ask_executor(const wire::LocalMessage& message) {
  if (const auto* plan = std::get_if<wire::PlanVerb>(&message)) {
    wire::PlanReply reply;
    reply.request = plan->request;
    reply.plan.outlook = Outlook::whole;
    reply.plan.hash = reply.plan.shape = "sim";
    schedule_.in(random_.between(1, kStepMs), [this, reply, session = sessions_] {
      if (session == sessions_) tell_session(reply);
    });
  } else if (const auto* rebind = std::get_if<wire::RebindVerb>(&message)) {
    take_rebind(*rebind);
  } else if (const auto* clear = std::get_if<wire::ClearVerb>(&message)) {
    in_quarantine_ = broken_;
    wire::ClearReply reply;
    reply.request = clear->request;
    if (in_quarantine_) reply.quarantine = state().quarantine.front();
    tell_session(state());
    tell_session(reply);
  }
}

// As Executor::on_rebind_verb, with the same judge.
void SimNode::take_rebind(const wire::RebindVerb& verb) {
  const wire::Rebind& rebind = verb.rebind;
  if (const Status lawful = agent::judge(fence_, name_, rebind); !lawful) {
    tell_session(wire::RebindReply{
        verb.request, false,
        wire::Refused{rebind.takeover, fence_.generation, lawful.error().why, ""}});
    return;
  }
  if (in_quarantine_) {
    tell_session(wire::RebindReply{
        verb.request, false,
        wire::Refused{rebind.takeover, fence_.generation, "sim: in quarantine", "mend it"}});
    return;
  }
  const bool same = rebind.generation == fence_.generation;
  laws_.saw(name_, rebind.generation);
  if (!same) {
    fence_.generation = rebind.generation;
    fence_.target = rebind.to;
    fence_.last.reset();
    tell_session(state());
  }
  tell_session(wire::RebindReply{verb.request, true, {}});
  if (!core_) return;
  if (same && ((job_ && job_->rebind.generation == rebind.generation) ||
               (waiting_ && waiting_->generation == rebind.generation) ||
               (ended_ == rebind.generation && schedule_.now() < gone_))) {
    return;
  }
  if (same && fence_.last && fence_.last->verdict == Verdict::verified) {
    laws_.reports(name_, *fence_.last, left(rebind));
    tell_session(wire::OutcomeReport{*fence_.last, bindings()});
    return;
  }
  waiting_ = rebind;
  begin_next();
}

void SimNode::begin_next() {
  if (job_ || !waiting_) return;
  job_ = Job{*waiting_, false};
  waiting_.reset();
  journal_ = job_;
  laws_.acts(name_, job_->rebind.generation, job_->rebind.to);
  const int64_t pause = random_.chance(mishaps_.hangs) ? kHangMs : kStepMs;
  if (random_.chance(mishaps_.dies)) {
    schedule_.in(random_.between(0, 3 * kStepMs), [this, executor = executor_] {
      if (executor == executor_) kill_executor();
    });
  }
  if (random_.chance(mishaps_.fails)) {
    schedule_.in(pause, [this, executor = executor_] {
      if (executor != executor_ || !job_) return;
      end_with(Verdict::failed, "sim: staging failed");
    });
    return;
  }
  schedule_.in(pause, [this, executor = executor_] { commit(executor); });
}

// The first step is the commit point: from here on it is finished, whatever happens.
void SimNode::commit(uint64_t incarnation) {
  if (incarnation != executor_ || !job_) return;
  job_->committed = true;
  journal_ = job_;
  for (const auto& leaves : job_->rebind.from) {
    uint32_t& count = references_[leaves];
    const uint32_t first = std::min<uint32_t>(count, 1);
    count -= first;
    references_[job_->rebind.to] += first;
  }
  const bool partly = random_.chance(mishaps_.partly);
  schedule_.in(random_.between(1, kStepMs),
               [this, incarnation, partly] { finish(incarnation, partly); });
}

void SimNode::finish(uint64_t incarnation, bool partly) {
  if (incarnation != executor_ || !job_) return;
  uint32_t kept = partly ? 1 : 0;
  for (const auto& leaves : job_->rebind.from) {
    uint32_t& count = references_[leaves];
    const uint32_t moved = count - std::min(count, kept);
    kept -= count - moved;
    count -= moved;
    references_[job_->rebind.to] += moved;
  }
  const bool whole = left(job_->rebind) == 0;
  end_with(whole ? Verdict::verified : Verdict::partly, whole ? "" : "sim: a reference stays");
}

uint32_t SimNode::left(const wire::Rebind& rebind) const {
  uint32_t left = 0;
  for (const auto& leaves : rebind.from) {
    const auto found = references_.find(leaves);
    if (found != references_.end() && leaves != rebind.to) left += found->second;
  }
  return left;
}

void SimNode::end_with(Verdict verdict, const std::string& reason) {
  const wire::Rebind rebind = job_->rebind;
  wire::Outcome outcome;
  outcome.takeover = rebind.takeover;
  outcome.generation = rebind.generation;
  outcome.to = rebind.to;
  outcome.verdict = verdict;
  outcome.left = left(rebind);
  if (!reason.empty()) outcome.findings.push_back({FindingClass::left, "", reason, "try again"});
  laws_.reports(name_, outcome, outcome.left);
  forgot_ = false;
  ended_ = rebind.generation;
  gone_ = schedule_.now() + kEndMs;
  if (rebind.generation == fence_.generation) fence_.last = outcome;
  job_.reset();
  journal_.reset();
  tell_session(state());
  tell_session(wire::OutcomeReport{outcome, bindings()});
  begin_next();
}

}  // namespace sn::sim
