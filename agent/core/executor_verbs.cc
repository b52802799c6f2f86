// ExecutorCore's verbs: what the session may ask for, and what is refused.
#include "agent/core/executor_core.h"

namespace sn::agent {

namespace {

Error refusal(Fact why, Cure cure) {
  return Error{ErrorClass::denied, "", "", std::move(why), std::move(cure), 0};
}

Error observes_only() {
  return refusal(Fact(FactCode::observe_mode),
                 Cure(CureCode::act_mode_and_again, {.said = "run the takeover again"}));
}

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};

Job job_of(Job::Kind kind, const wire::PlanVerb& verb) {
  Job job;
  job.kind = kind;
  job.request = verb.request;
  job.answer = true;
  job.plan = {verb.from, verb.to, verb.strict, verb.stuck, verb.undo, verb.meant, verb.planned};
  return job;
}

}  // namespace

ExecutorEffects ExecutorCore::on_verb(const wire::Verb& verb, MonotonicTime) {
  std::visit(Overloaded{[&](const wire::InspectVerb& asked) { answer_inspect(asked); },
                        [&](const wire::PlanVerb& asked) { answer_plan(asked); },
                        [&](const wire::RehearseVerb& asked) { answer_rehearse(asked); },
                        [&](const wire::RebindVerb& asked) { answer_rebind(asked); },
                        [&](const wire::ClearVerb& asked) { answer_clear(asked); },
                        [&](const wire::KnockVerb&) { effects_.push_back(StartKnock{}); }},
             verb);
  return take();
}

void ExecutorCore::answer_inspect(const wire::InspectVerb& verb) {
  Job job;
  job.request = verb.request;
  job.answer = true;
  enqueue(std::move(job));
}

void ExecutorCore::answer_plan(const wire::PlanVerb& verb) {
  Job job = job_of(Job::Kind::plan, verb);
  if (quarantine_.active()) return refuse_plan(verb.request, job.plan, quarantine_.refusal());
  enqueue(std::move(job));
}

void ExecutorCore::answer_rehearse(const wire::RehearseVerb& verb) {
  Job job = job_of(Job::Kind::rehearse, verb);
  if (auto lawful = may_rehearse(verb.epoch); !lawful) {
    return refuse_plan(verb.request, job.plan, lawful.error());
  }
  fence_.epoch = verb.epoch;
  // Where changes are not turned on nothing is staged, and the plan is made all the same.
  job.observes = !config_.act;
  if (job.observes) job.kind = Job::Kind::plan;
  enqueue(std::move(job));
}

// It writes, though nothing remains.
Status ExecutorCore::may_rehearse(uint64_t epoch) const {
  if (Status newest = judge_epoch(fence_, epoch); !newest) return newest;
  if (quarantine_.active()) return tl::unexpected(quarantine_.refusal());
  if (!config_.act) return {};
  if ((running_ && is_rebind(running_->job)) || script_wait_ || queue_.any_of(is_rebind)) {
    return tl::unexpected(
        refusal(Fact(FactCode::rebind_at_work), Cure(CureCode::rehearse_when_ended)));
  }
  return {};
}

void ExecutorCore::refuse_plan(uint64_t request, const PlanRequest& plan, const Error& why) {
  wire::PlanReply reply;
  reply.request = request;
  reply.plan = blocked_plan(plan, {{FindingClass::blocked, "", why.fact(), why.cure}}, inventory_);
  tell(std::move(reply));
}

bool ExecutorCore::under_way(uint64_t generation) const {
  const auto does_it = [&](const Job& job) {
    return is_rebind(job) && job.rebind.generation == generation;
  };
  return (running_ && does_it(running_->job)) || (script_wait_ && does_it(script_wait_->job())) ||
         queue_.any_of(does_it);
}

void ExecutorCore::answer_rebind(const wire::RebindVerb& verb) {
  const wire::Rebind& rebind = verb.rebind;
  const auto refuse = [&](const Error& why) {
    log("SN1031", rebind.takeover + " refused: " + why.message());
    tell(
        wire::RebindReply{verb.request, false,
                          wire::Refused{rebind.takeover, fence_.generation, why.fact(), why.cure}});
  };
  if (quarantine_.active()) return refuse(quarantine_.refusal());
  if (!config_.act) return refuse(observes_only());
  if (auto lawful = judge(fence_, config_.node, rebind); !lawful) return refuse(lawful.error());
  fence_.epoch = rebind.epoch;
  const bool same = rebind.generation == fence_.generation;
  const bool said_again = under_way(rebind.generation);
  if (!same) {
    // The child makes it durable before it touches anything; the executor's own process opens no
    // file that may lie on a server which does not answer.
    fence_.generation = rebind.generation;
    fence_.target = rebind.to;
    fence_.last.reset();
    // A hello that is said meanwhile is to say that it was heard.
    tell_state();
  }
  tell(wire::RebindReply{verb.request, true, {}});
  if (said_again) return;  // once is enough
  if (same && fence_.last && fence_.last->verdict == Verdict::verified && inventory_) {
    tell(wire::OutcomeReport{*fence_.last, inventory_->bindings});
    return;
  }
  Job job;
  job.kind = Job::Kind::rebind;
  job.request = verb.request;
  job.rebind = rebind;
  script_wait_.reset();
  // A rehearsal is given up for what is meant: what it has staged is cleared away first.
  if (running_ && running_->job.kind == Job::Kind::rehearse) effects_.push_back(KillChild{});
  queue_.add_newest_rebind(std::move(job));
}

void ExecutorCore::answer_clear(const wire::ClearVerb& verb) {
  if (const Status newest = judge_epoch(fence_, verb.epoch); !newest) {
    log("SN1034", "clear refused: " + newest.error().message());
    return;
  }
  fence_.epoch = verb.epoch;
  if (!quarantine_.active()) {
    tell(wire::ClearReply{verb.request, {}});
    return;
  }
  Job job;
  job.kind = Job::Kind::clear;
  job.request = verb.request;
  job.answer = true;
  enqueue(std::move(job));
}

}  // namespace sn::agent
