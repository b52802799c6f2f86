#include "agent/core/session_core.h"

#include <algorithm>
#include <limits>

#include "common/model/generation.h"
#include "common/orders/signed_orders.h"
#include "common/wire/plan_group.h"

namespace sn::agent {

namespace {

// What is on record already is not said again.
wire::Outcome brief(wire::Outcome outcome) {
  if (!outcome.as_planned) return outcome;
  outcome.changes.clear();
  outcome.findings.resize(outcome.findings.size() -
                          std::min<size_t>(outcome.planned_findings, outcome.findings.size()));
  return outcome;
}

// What has none is no coordinator's word about this node.
uint64_t epoch_of(const wire::ToAgent& message) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.epoch; }) {
          return one.epoch;
        } else {
          return std::numeric_limits<uint64_t>::max();
        }
      },
      message);
}

}  // namespace

SessionCore::SessionCore(SessionConfig config)
    : config_(std::move(config)), random_(config_.seed), health_(random_()) {}

MonotonicTime SessionCore::next_tick() const {
  const MonotonicTime health = health_.next_tick();
  switch (state_) {
    case State::waiting_for_executor:
      return health;
    case State::resting:
    case State::hello_said:
      return std::min(health, due_);
    case State::welcomed:
      return std::min({health, beat_due_, ack_awaited_ ? due_ : beat_due_});
  }
  return health;
}

void SessionCore::connect(MonotonicTime now) {
  effects_.push_back(Connect{endpoint(), key_});
  wire::Hello hello;
  hello.node = config_.node;
  hello.version = config_.version;
  hello.boot_id = config_.boot_id;
  hello.instance = config_.instance;
  hello.nonce = executor_.nonce;
  hello.confined = config_.confined;
  hello.mode = executor_.mode;
  hello.path = endpoint();
  hello.directory_digest = told_directory_ = executor_.directory_digest;
  hello.generation = executor_.generation;
  hello.generation_target = executor_.generation_target;
  hello.bindings = executor_.bindings;
  for (const auto& last : executor_.last) hello.last.push_back(brief(last));
  hello.busy = busy_;
  hello.servers = health_.sightings(now);
  hello.quarantine = told_quarantine_ = executor_.quarantine;
  unsaid_.clear();
  (void)health_.take_news();
  good_news_ = false;
  say(std::move(hello));
  state_ = State::hello_said;
  // In a storm of connections a handshake waits its turn: giving up too early makes it a larger
  // one.
  const size_t round = failures_ / paths();
  due_ = now + (kWelcomeMs << std::min<size_t>(round, 2));
  ack_awaited_ = false;
}

void SessionCore::path_failed(MonotonicTime now) {
  endpoint_ = (endpoint_ + 1) % config_.endpoints.size();
  ++failures_;
  // Each with the key that worked last, before the other one is tried.
  if (failures_ % config_.endpoints.size() == 0) key_ = (key_ + 1) % config_.keys;
  // What a coordinator asked over the lost path it asks again over the next.
  preflights_.clear();
  probes_.clear();
  const size_t round = failures_ / paths();
  if (failures_ % paths() != 0) {
    connect(now);
    return;
  }
  rest(now, round);
}

void SessionCore::refused_by_coordinator(MonotonicTime now) {
  preflights_.clear();
  probes_.clear();
  if (++refusals_ % kRefusalsHere == 0) return path_failed(now);
  rest(now, refusals_);
}

void SessionCore::tell_refusal(const Fact& reason, const Cure& cure) {
  if (reason == told_refusal_) return;
  told_refusal_ = reason;
  effects_.push_back(TellRefusal{reason, cure});
}

// Before the `round`th try, counted from 1, of what failed as often.
void SessionCore::rest(MonotonicTime now, size_t round) {
  const int64_t longest =
      std::min(kMaxBackoffMs, kBackoffMs << std::min<size_t>(round > 0 ? round - 1 : 0, 10));
  std::uniform_int_distribution<int64_t> chance(longest / 2, longest * 3 / 2);
  state_ = State::resting;
  due_ = now + chance(random_);
}

SessionEffects SessionCore::on_connected(MonotonicTime now) {
  if (state_ == State::hello_said && is_direct()) due_ = std::max(due_, now + kQueueMs);
  return take();
}

SessionEffects SessionCore::on_connection_lost(MonotonicTime now) {
  if (state_ == State::hello_said) {
    path_failed(now);
  } else if (state_ == State::welcomed) {
    // The direct path: most often a coordinator that is started again. Another one: most often its
    // forwarder died, with the service node. And not all nodes at once.
    if (!is_direct()) endpoint_ = (endpoint_ + 1) % config_.endpoints.size();
    preflights_.clear();
    probes_.clear();
    rest(now, 1);
  }
  return take();
}

SessionEffects SessionCore::on_key_refused(MonotonicTime now) {
  if (state_ != State::hello_said) return take();
  refused_by_coordinator(now);
  ask(wire::KnockVerb{});
  return take();
}

SessionEffects SessionCore::tick(MonotonicTime now) {
  const bool beating = state_ == State::welcomed && beat_due_ <= now;
  tick_path(now);
  for (auto& ping : health_.tick(now, beating ? kEarlyRoundMs : 0)) {
    effects_.emplace_back(StartPing{std::move(ping)});
    if (now < stats_due_) continue;
    stats_due_ = now + kMountStatsMs;
    effects_.emplace_back(ReadMountStats{});
  }
  tell_health(now, beating);
  return take();
}

void SessionCore::tick_path(MonotonicTime now) {
  switch (state_) {
    case State::waiting_for_executor:
      break;
    case State::resting:
      if (due_ <= now) connect(now);
      break;
    case State::hello_said:
      if (due_ <= now) path_failed(now);
      break;
    case State::welcomed:
      if (ack_awaited_ && due_ <= now) {
        path_failed(now);
        break;
      }
      if (beat_due_ <= now) beat(now);
      break;
  }
}

void SessionCore::beat(MonotonicTime now) {
  wire::Beat beat;
  beat.serial = ++beat_serial_;
  beat.generation = executor_.generation;
  beat.busy = busy_;
  if (!busy_.empty()) {
    beat.busy_ms = static_cast<uint32_t>(std::max<int64_t>(now - busy_since_, 0));
  }
  say(std::move(beat));
  ask(wire::AliveVerb{});
  if (!ack_awaited_) {
    ack_awaited_ = true;
    due_ = now + std::min<int64_t>(kAckMs, beat_interval_ms_);
  }
  beat_due_ =
      now + (busy_.empty() ? beat_interval_ms_ : std::min<int64_t>(beat_interval_ms_, kBusyBeatMs));
}

// Let in: at once. The rest was refused by others as well, and goes on as it did.
void SessionCore::take_answer(const wire::KnockAnswer& answer, MonotonicTime now) {
  if (!answer.accepted) return tell_refusal(answer.reason, answer.cure);
  // Should it be refused all the same, it waits as after any refusal.
  if (let_in_ && now - *let_in_ < kMaxBackoffMs) return;
  let_in_ = now;
  refusals_ = 0;
  if (state_ == State::resting) due_ = now;
}

SessionEffects SessionCore::on_ping(uint64_t id, const PingResult& result, MonotonicTime now) {
  health_.on_ping(id, result, now);
  tell_health(now, false);
  return take();
}

SessionEffects SessionCore::on_mount_stats(const std::vector<MountStats>& stats,
                                           MonotonicTime now) {
  const auto found = requests_.take(stats, now);
  for (const auto& server : servers_) {
    // Mounts of one server share its connection: the first that waits speaks for all.
    std::string text;
    for (const auto& mount : found) {
      const auto& mounts = server.mounts;
      if (!text.empty() ||
          std::find(mounts.begin(), mounts.end(), mount.mount_point) == mounts.end())
        continue;
      text = to_text(mount);
    }
    health_.set_unanswered(server.address, text);
  }
  return take();
}

void SessionCore::tell_health(MonotonicTime now, bool beating) {
  // Else the next hello says it.
  if (state_ != State::welcomed) return;
  const auto news = health_.take_news();
  if (news == ServerHealth::News::good) good_news_ = true;
  if (news != ServerHealth::News::urgent && !(good_news_ && beating)) return;
  good_news_ = false;
  say(wire::ServerHealthReport{health_.sightings(now)});
}

void SessionCore::say_news(wire::ToCoordinator message) {
  if (state_ == State::welcomed) return say(std::move(message));
  if (state_ != State::hello_said) return;
  std::erase_if(unsaid_, [&](const auto& old) { return old.index() == message.index(); });
  unsaid_.push_back(std::move(message));
}

void SessionCore::tell_quarantine() {
  if (state_ != State::welcomed || told_quarantine_ == executor_.quarantine) return;
  told_quarantine_ = executor_.quarantine;
  say(told_quarantine_.empty() ? wire::Quarantine{} : told_quarantine_.front());
}

void SessionCore::tell_directory() {
  if (state_ != State::welcomed || told_directory_ == executor_.directory_digest) return;
  told_directory_ = executor_.directory_digest;
  say(wire::DirectoryRead{told_directory_});
}

SessionEffects SessionCore::on_coordinator(const wire::ToAgent& message, MonotonicTime now) {
  if (const auto* refused = std::get_if<wire::Refused>(&message)) {
    // It does not know this connection, or not this key.
    if (refused->takeover.empty() && (state_ == State::hello_said || state_ == State::welcomed)) {
      tell_refusal(refused->reason, refused->cure);
      refused_by_coordinator(now);
    }
    return take();
  }
  if (const auto* welcome = std::get_if<wire::Welcome>(&message)) {
    if (state_ != State::hello_said) return take();
    if (welcome->protocol != wire::kProtocolVersion) {
      tell_refusal(Fact(FactCode::protocol_not_spoken, {.value = std::to_string(welcome->protocol),
                                                        .count = wire::kProtocolVersion}),
                   Cure(CureCode::same_version));
      refused_by_coordinator(now);
      return take();
    }
    // Further ahead than any can be: whoever comes after it would not be heard.
    if (refuse_older(welcome->epoch) || is_leap(welcome->epoch, epoch_)) {
      refused_by_coordinator(now);
      return take();
    }
    epoch_ = welcome->epoch;
    state_ = State::welcomed;
    failures_ = 0;
    // Bounds against a coordinator gone wrong: neither a storm nor silence for ever.
    beat_interval_ms_ = std::clamp<uint32_t>(welcome->beat_interval_ms, 100, 3'600'000);
    ack_awaited_ = false;
    // A random phase: thousands of agents that were welcomed together do not beat together.
    std::uniform_int_distribution<int64_t> phase(1, beat_interval_ms_);
    beat_due_ = now + phase(random_);
    if (!mounts_.mounts.empty()) say(mounts_);
    // What happened since the hello: a takeover that this start finished may just have ended.
    for (auto& news : unsaid_) say(std::move(news));
    unsaid_.clear();
    tell_health(now, false);
    tell_quarantine();
    tell_directory();
    return take();
  }
  if (state_ != State::welcomed || refuse_older(epoch_of(message))) return take();
  if (const auto* ack = std::get_if<wire::BeatAck>(&message)) {
    if (ack->serial != beat_serial_) return take();
    ack_awaited_ = false;
    // Only now: a welcome may be followed by the refusal of what is said next, again and again.
    refusals_ = 0;
    told_refusal_.clear();
  } else if (const auto* preflight = std::get_if<wire::Preflight>(&message)) {
    begin_report(*preflight);
    ask(wire::PlanVerb{preflight->request, preflight->from, preflight->to, preflight->strict,
                       preflight->stuck, preflight->undo, preflight->meant, preflight->planned,
                       preflight->epoch});
  } else if (const auto* order = std::get_if<wire::SignedOrder>(&message)) {
    hand_on(*order);
  } else if (const auto* look = std::get_if<wire::Look>(&message)) {
    begin_look(*look);
  } else if (std::holds_alternative<wire::Observe>(message)) {
    ask(wire::InspectVerb{++next_id_});
  } else if (std::holds_alternative<wire::AreYouThere>(message)) {
    beat(now);
  } else if (const auto* tell = std::get_if<wire::TellPlan>(&message)) {
    tell_plan(tell->request);
  } else if (const auto* watch = std::get_if<wire::WatchServer>(&message)) {
    health_.watch(watch->address, watch->for_ms, now);
  }
  return take();
}

// It is the executor that judges it; what is to be seen with a rehearsal is looked at from here.
void SessionCore::hand_on(const wire::SignedOrder& order) {
  const auto says = orders::content_of(order);
  if (!says) return;
  const uint64_t epoch = std::visit([](const auto& one) { return one.epoch; }, says->what);
  if (refuse_older(epoch)) return;
  if (const auto* rehearse = std::get_if<wire::Rehearse>(&says->what)) begin_report(*rehearse);
  ask(wire::OrderVerb{++next_id_, order});
}

// Who led before the coordinator that has welcomed us last.
bool SessionCore::refuse_older(uint64_t epoch) {
  if (epoch >= epoch_) return false;
  const Fact reason(FactCode::older_epoch);
  const Cure cure(CureCode::ask_the_leader);
  tell_refusal(reason, cure);
  say(wire::Refused{"", executor_.generation, reason, cure});
  return true;
}

// A look is asked again by itself; a plan is waited for by a person.
void SessionCore::make_room() {
  if (preflights_.size() < kMaxPreflights) return;
  const auto look = std::find_if(preflights_.begin(), preflights_.end(),
                                 [](const auto& pending) { return !pending.with_plan; });
  preflights_.erase(look == preflights_.end() ? preflights_.begin() : look);
}

void SessionCore::begin_report(const wire::Preflight& asked) {
  make_room();
  PendingPreflight pending;
  pending.request = asked.request;
  pending.to = asked.to;
  pending.probe_ms = asked.probe_ms;
  for (const auto& name : asked.from) probe(pending, name, nullptr);
  probe(pending, asked.to, nullptr);
  preflights_.push_back(std::move(pending));
}

// `needs`: these services one by one; nullptr: whether it lives.
void SessionCore::probe(PendingPreflight& preflight, const std::string& service_node,
                        const std::vector<ServicePort>* needs) {
  const auto target = std::find_if(targets_.begin(), targets_.end(),
                                   [&](const auto& t) { return t.service_node == service_node; });
  if (target == targets_.end()) return;  // no address on a network of this node
  const uint64_t id = ++next_id_;
  probes_.push_back({id, preflight.request, service_node, needs != nullptr});
  ++preflight.probes_out;
  effects_.push_back(StartProbe{id, target->address, needs != nullptr ? *needs : target->services,
                                needs != nullptr, preflight.probe_ms, target->domain_name});
}

void SessionCore::begin_look(const wire::Look& asked) {
  make_room();
  PendingPreflight pending;
  pending.request = asked.request;
  pending.with_plan = false;
  pending.probe_ms = asked.probe_ms;
  for (const auto& name : asked.service_nodes) probe(pending, name, nullptr);
  preflights_.push_back(std::move(pending));
  // It may have a way to none of them.
  report_if_complete(asked.request);
}

void SessionCore::take_plan(const wire::PlanReply& reply) {
  for (auto& preflight : preflights_) {
    if (preflight.request != reply.request) continue;
    preflight.plan = reply.plan;
    if (!reply.plan.needs.empty()) probe(preflight, preflight.to, &reply.plan.needs);
  }
  report_if_complete(reply.request);
}

void SessionCore::report_if_complete(uint64_t request) {
  const auto found = std::find_if(preflights_.begin(), preflights_.end(),
                                  [&](const auto& p) { return p.request == request; });
  if (found == preflights_.end() || found->probes_out > 0) return;
  if (!found->with_plan) {
    wire::Seen seen{request, std::move(found->sightings)};
    preflights_.erase(found);
    if (state_ == State::welcomed) say(std::move(seen));
    return;
  }
  if (!found->plan) return;
  // Of all that was added to it on its way here.
  found->plan->group = wire::plan_group(*found->plan);
  auto report = wire::report_on(request, std::move(found->sightings), *found->plan);
  reported_.push_front({request, *std::move(found->plan)});
  if (reported_.size() > kMaxReported) reported_.pop_back();
  preflights_.erase(found);
  if (state_ == State::welcomed) say(std::move(report));
}

// The newest of this number: a coordinator that was started again counts anew.
void SessionCore::tell_plan(uint64_t request) {
  const auto found = std::find_if(reported_.begin(), reported_.end(),
                                  [&](const auto& one) { return one.request == request; });
  if (found != reported_.end()) say(*found);
}

SessionEffects SessionCore::on_probe(uint64_t id, const MachineSighting& seen, MonotonicTime) {
  const auto found =
      std::find_if(probes_.begin(), probes_.end(), [&](const auto& p) { return p.id == id; });
  if (found == probes_.end()) return take();
  PendingProbe probe = *found;
  probes_.erase(found);
  for (auto& preflight : preflights_) {
    if (preflight.request != probe.preflight) continue;
    --preflight.probes_out;
    auto known = std::find_if(preflight.sightings.begin(), preflight.sightings.end(),
                              [&](const auto& s) { return s.service_node == probe.service_node; });
    if (known == preflight.sightings.end()) {
      known = preflight.sightings.insert(known, {probe.service_node, {}});
    }
    // Which services were asked for by the one look is not of interest; by the other it is all.
    const auto needed = probe.of_needs ? seen.services : known->seen.services;
    if (known->seen.life <= seen.life) known->seen = seen;
    known->seen.services = needed;
  }
  report_if_complete(probe.preflight);
  return take();
}

SessionEffects SessionCore::on_executor(const wire::ToSession& message, MonotonicTime now) {
  if (const auto* state = std::get_if<wire::ExecutorState>(&message)) {
    executor_ = *state;
    if (state_ == State::waiting_for_executor) connect(now);
    tell_directory();
    tell_quarantine();
  } else if (std::holds_alternative<wire::StillThere>(message)) {
    ask(wire::AliveVerb{});
  } else if (const auto* answer = std::get_if<wire::KnockAnswer>(&message)) {
    take_answer(*answer, now);
  } else if (const auto* cleared = std::get_if<wire::ClearReply>(&message)) {
    executor_.quarantine.clear();
    if (!cleared->quarantine.reason.empty()) executor_.quarantine.push_back(cleared->quarantine);
    // Somebody waits for the answer, also where nothing changed.
    if (state_ == State::welcomed) {
      told_quarantine_ = executor_.quarantine;
      say(cleared->quarantine);
    }
  } else if (const auto* mounts = std::get_if<wire::Mounts>(&message)) {
    mounts_ = *mounts;
    if (state_ == State::welcomed) say(mounts_);
  } else if (const auto* targets = std::get_if<wire::ProbeTargets>(&message)) {
    targets_ = targets->targets;
  } else if (const auto* servers = std::get_if<wire::NfsServers>(&message)) {
    servers_ = servers->servers;
    health_.set_servers(servers_, now);
  } else if (const auto* plan = std::get_if<wire::PlanReply>(&message)) {
    take_plan(*plan);
  } else if (const auto* inspected = std::get_if<wire::InspectReply>(&message)) {
    if (state_ == State::welcomed) say(inspected->inventory);
  } else if (const auto* reply = std::get_if<wire::RebindReply>(&message)) {
    if (!reply->accepted && state_ == State::welcomed) say(reply->refused);
  } else if (const auto* progress = std::get_if<wire::Progress>(&message)) {
    if (busy_.empty()) {
      // The first step is the news that it began; the others are told by beats, which cost nothing
      // more. A thousand nodes' steps would be ten thousand messages.
      if (state_ == State::welcomed) {
        say(wire::Accepted{progress->takeover, progress->generation});
      }
    }
    if (busy_ != progress->step) {
      busy_since_ = now;
      beat_due_ = std::min(beat_due_, now + kBusyBeatMs);
      // Nothing goes on meanwhile, perhaps for minutes: somebody looks at a screen and wonders.
      if (progress->step.is(FactCode::waiting_for_scripts) && state_ == State::welcomed) {
        say(*progress);
      }
    }
    busy_ = progress->step;
  } else if (const auto* outcome = std::get_if<wire::OutcomeReport>(&message)) {
    busy_.clear();
    say_news(wire::OutcomeReport{brief(outcome->outcome), outcome->bindings});
  } else if (const auto* drift = std::get_if<wire::Drift>(&message)) {
    executor_.bindings = drift->bindings;
    say_news(*drift);
  }
  return take();
}

}  // namespace sn::agent
