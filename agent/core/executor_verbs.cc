// ExecutorCore's verbs: what the session may ask for, which orders are obeyed, and what is refused.
#include <algorithm>

#include "agent/core/executor_core.h"
#include "common/orders/signed_orders.h"

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

Job job_of(Job::Kind kind, uint64_t request, PlanRequest plan) {
  Job job;
  job.kind = kind;
  job.request = request;
  job.answer = true;
  job.plan = std::move(plan);
  return job;
}

PlanRequest plan_request_of(const wire::PlanVerb& verb) {
  return {verb.from, verb.to, verb.strict, verb.stuck, verb.undo, verb.meant, verb.planned};
}
PlanRequest plan_request_of(const wire::Rehearse& order) {
  return {order.from, order.to, order.strict, order.stuck, order.undo, order.meant, order.planned};
}

}  // namespace

ExecutorEffects ExecutorCore::on_verb(const wire::Verb& verb, MonotonicTime now) {
  session_heard_ = now;
  session_asked_ = false;
  std::visit(Overloaded{[&](const wire::InspectVerb& asked) { answer_inspect(asked); },
                        [&](const wire::PlanVerb& asked) { answer_plan(asked); },
                        [&](const wire::OrderVerb& asked) { answer_order(asked, now); },
                        [&](const wire::KnockVerb&) { effects_.push_back(StartKnock{}); },
                        [](const wire::AliveVerb&) {}},
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
  Job job = job_of(Job::Kind::plan, verb.request, plan_request_of(verb));
  if (quarantine_.active()) return refuse_plan(verb.request, job.plan, quarantine_.refusal());
  if (auto lawful = judge_stuck(verb.stuck); !lawful) {
    return refuse_plan(verb.request, job.plan, lawful.error());
  }
  enqueue(std::move(job));
}

// ---------------------------------------------------------------- orders

void ExecutorCore::answer_order(const wire::OrderVerb& verb, MonotonicTime now) {
  const auto says = orders::content_of(verb.order);
  const Status judged = says ? judge_order(verb.order, *says)
                             : tl::unexpected(refusal(Fact(FactCode::order_of_no_kind,
                                                           {.said = says.error().message()}),
                                                      Cure(CureCode::same_version)));
  if (!judged) {
    log_of_session("SN1035", "an order is refused: " + judged.error().message(), now);
    if (says) refuse_order(verb.request, says->what, judged.error());
    return;
  }
  std::visit([&](const auto& order) { obey(verb.request, order, now); }, says->what);
}

Status ExecutorCore::judge_order(const wire::SignedOrder& order, const wire::Order& says) const {
  if (says.node != config_.node) {
    return tl::unexpected(
        refusal(Fact(FactCode::another_node, {.node = config_.node, .value = says.node}), {}));
  }
  if (says.boot_id != config_.boot_id || says.nonce != config_.nonce) {
    return tl::unexpected(refusal(Fact(FactCode::order_of_earlier_start), {}));
  }
  if (orders::is_signed(order, config_.order_keys)) return {};
  return tl::unexpected(refusal(Fact(FactCode::order_not_signed), Cure(CureCode::same_order_key)));
}

void ExecutorCore::refuse_order(uint64_t request, const wire::OrderKind& order, const Error& why) {
  std::visit(Overloaded{[&](const wire::Rebind& rebind) { refuse_rebind(request, rebind, why); },
                        [&](const wire::Rehearse& rehearse) {
                          refuse_plan(rehearse.request, plan_request_of(rehearse), why);
                        },
                        [&](const wire::Clear&) { refuse_clear(request, why); }},
             order);
}

// Whoever waits for it hears why; one that is in none has nothing to say.
void ExecutorCore::refuse_clear(uint64_t request, const Error& why) {
  if (!quarantine_.active()) return;
  wire::ClearReply reply{request, quarantine_.why()};
  reply.quarantine.reason =
      Fact(FactCode::looked_again, {.said = text_of(why.fact())}, reply.quarantine.reason);
  tell(reply);
}

void ExecutorCore::log_of_session(const char* id, std::string text, MonotonicTime now) {
  if (session_lines_.take(now, kSessionLines, kSessionLinesPerSecond)) log(id, std::move(text));
}

Status ExecutorCore::judge_stuck(StuckPolicy stuck) const {
  const auto& allowed = config_.allowed_stuck;
  if (stuck == StuckPolicy::keep ||
      std::find(allowed.begin(), allowed.end(), stuck) != allowed.end()) {
    return {};
  }
  const std::string name(word_of(stuck));
  return tl::unexpected(refusal(Fact(FactCode::stuck_not_allowed, {.value = name}),
                                Cure(CureCode::allow_stuck, {.value = name})));
}

bool ExecutorCore::knows_all_of(const wire::Rebind& rebind) const {
  const auto& known = directory_.service_nodes;
  const auto is_known = [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  return is_known(rebind.to) && std::all_of(rebind.from.begin(), rebind.from.end(), is_known);
}

void ExecutorCore::obey(uint64_t, const wire::Rehearse& rehearse, MonotonicTime) {
  Job job = job_of(Job::Kind::rehearse, rehearse.request, plan_request_of(rehearse));
  auto lawful = may_rehearse(rehearse.epoch);
  if (lawful) lawful = judge_stuck(rehearse.stuck);
  if (!lawful) return refuse_plan(rehearse.request, job.plan, lawful.error());
  fence_.epoch = rehearse.epoch;
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

void ExecutorCore::refuse_rebind(uint64_t request, const wire::Rebind& rebind, const Error& why) {
  tell(wire::RebindReply{request, false,
                         wire::Refused{rebind.takeover, fence_.generation, why.fact(), why.cure}});
}

// Everything is judged before the fence is raised.
Status ExecutorCore::judge_rebind(const wire::Rebind& rebind, MonotonicTime now) {
  if (quarantine_.active()) return tl::unexpected(quarantine_.refusal());
  if (!config_.act) return tl::unexpected(observes_only());
  if (auto lawful = judge(fence_, config_.node, rebind); !lawful) return lawful;
  if (auto lawful = judge_stuck(rebind.stuck); !lawful) return lawful;
  if (rebind.generation == fence_.generation || rebind.generation == counted_) return {};
  const int64_t held_ms = rate_.held_for(now);
  if (held_ms == 0) return {};
  return tl::unexpected(refusal(Fact(FactCode::too_many_orders_here,
                                     {.count = kMostOrders, .ms = static_cast<uint64_t>(held_ms)}),
                                {}));
}

// The child makes it durable before it touches anything; the executor's own process opens no file
// that may lie on a server which does not answer.
void ExecutorCore::raise_fence(const wire::Rebind& rebind) {
  fence_.generation = rebind.generation;
  fence_.target = rebind.to;
  fence_.last.reset();
  // A hello that is said meanwhile is to say that it was heard.
  tell_state();
}

void ExecutorCore::obey(uint64_t request, const wire::Rebind& rebind, MonotonicTime now) {
  if (auto lawful = judge_rebind(rebind, now); !lawful) {
    log_of_session("SN1031", rebind.takeover + " refused: " + lawful.error().message(), now);
    return refuse_rebind(request, rebind, lawful.error());
  }
  fence_.epoch = rebind.epoch;
  const bool same = rebind.generation == fence_.generation;
  const bool said_again = under_way(rebind.generation);
  // A service node that is new in the directory: it is read anew, and refused then
  // (executor/work.cc) or the fence is raised (raise_fence).
  const bool known = knows_all_of(rebind);
  if (!same && rebind.generation != counted_) rate_.obeyed(now);
  counted_ = rebind.generation;
  if (!same && known) raise_fence(rebind);
  tell(wire::RebindReply{request, true, {}});
  if (said_again) return;  // once is enough
  if (same && fence_.last && fence_.last->verdict == Verdict::verified && inventory_) {
    tell(wire::OutcomeReport{*fence_.last, inventory_->bindings});
    return;
  }
  Job job;
  job.kind = Job::Kind::rebind;
  job.request = request;
  job.rebind = rebind;
  script_wait_.reset();
  // A rehearsal is given up for what is meant: what it has staged is cleared away first.
  if (running_ && running_->job.kind == Job::Kind::rehearse) effects_.push_back(KillChild{});
  queue_.add_newest_rebind(std::move(job));
}

void ExecutorCore::obey(uint64_t request, const wire::Clear& clear, MonotonicTime now) {
  if (const Status newest = judge_epoch(fence_, clear.epoch); !newest) {
    log_of_session("SN1034", "clear refused: " + newest.error().message(), now);
    return refuse_clear(request, newest.error());
  }
  fence_.epoch = clear.epoch;
  if (!quarantine_.active()) {
    tell(wire::ClearReply{request, {}});
    return;
  }
  Job job;
  job.kind = Job::Kind::clear;
  job.request = request;
  job.answer = true;
  enqueue(std::move(job));
}

}  // namespace sn::agent
