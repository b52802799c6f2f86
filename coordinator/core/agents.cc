#include "coordinator/core/agents.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "coordinator/core/names.h"
#include "coordinator/core/told_by_node.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

void Agents::on_message(const ConnectionId& connection, const std::string& public_key,
                        wire::ToCoordinator message, Now now) {
  const auto& keys = to_.enrolment.keys();
  const auto key = keys.find(public_key);
  if (key == keys.end()) {
    to_.outbox.refuse(connection, Fact(FactCode::key_not_enrolled), Cure(CureCode::add_key));
    return;
  }
  const std::string& node = key->second;
  const wire::ToCoordinator told = told_by(node, std::move(message));
  if (const auto* hello = std::get_if<wire::Hello>(&told)) {
    on_hello(connection, node, *hello, now);
    return;
  }
  Presence* presence = to_.fleet.by_connection(connection);
  if (presence == nullptr || presence->node != node) {
    to_.outbox.refuse(connection, Fact(FactCode::no_hello), {});
    return;
  }
  presence->heard = now.monotonic;
  presence->heard_wall = now.wall;
  std::visit([&](const auto& one) { take(*presence, one, now); }, told);
}

void Agents::on_hello(const ConnectionId& connection, const std::string& node,
                      const wire::Hello& hello, Now now) {
  const State& state = to_.ledger.state();
  HelloMeaning meaning = next_meaning(state, node, hello, std::nullopt);
  if (is_refusal(meaning)) {
    refuse(connection, node, hello, meaning, now);
    return;
  }
  arrive(connection, node, hello, now);
  while (meaning != HelloMeaning::nothing) {
    act_on(meaning, node, hello, now);
    meaning = next_meaning(state, node, hello, meaning);
  }
}

void Agents::refuse(const ConnectionId& connection, const std::string& node,
                    const wire::Hello& hello, HelloMeaning why, Now now) {
  const auto say = [&](std::string text, Fact reason, Cure cure) {
    to_.outbox.publish(event::kNodeRefused, now, "", node, "", std::move(text));
    to_.outbox.refuse(connection, std::move(reason), std::move(cure));
  };
  if (why == HelloMeaning::claims_other_name) {
    say(wording::claims_to_be(hello.node),
        Fact(FactCode::key_belongs_to, {.node = node, .value = hello.node}),
        Cure(CureCode::set_node_or_enrol));
  } else {
    say(wording::speaks_protocol(hello.protocol),
        Fact(FactCode::protocol_not_spoken,
             {.value = std::to_string(hello.protocol), .count = wire::kProtocolVersion}),
        Cure(CureCode::same_version));
  }
}

void Agents::arrive(const ConnectionId& connection, const std::string& node,
                    const wire::Hello& hello, Now now) {
  const Presence* before = to_.fleet.find(node);
  const bool was_there = before != nullptr && before->connected() &&
                         before->hello.path == hello.path &&
                         before->hello.instance == hello.instance;
  to_.fleet.arrive(connection, hello, now);
  const NodeRecord* known = find_node(to_.ledger.state(), node);
  to_.outbox.send(connection, wire::Welcome{wire::kProtocolVersion, 0,
                                            known == nullptr ? 0 : known->generation(),
                                            to_.config.beat_interval_ms, to_.directory_digest});
  if (!was_there) {
    to_.outbox.publish(event::kNodeConnected, now, "", node, join(to_.fleet.find(node)->bound_to()),
                       wording::connected(hello));
    if (is_beyond_any(hello.generation)) {
      to_.outbox.publish(event::kGenerationJump, now, "", node, hello.generation_target,
                         wording::reports_generation(hello.generation));
    }
  }
  to_.servers.take(node, hello.servers, now);
  to_.preflights.on_arrival(node);
}

void Agents::act_on(HelloMeaning meaning, const std::string& node, const wire::Hello& hello,
                    Now now) {
  const State& state = to_.ledger.state();
  switch (meaning) {
    case HelloMeaning::newer_generation:
      return hold_newer_generation(state.nodes.at(node), hello, now);
    case HelloMeaning::other_target:
      return hold_other_target(state.nodes.at(node), hello, now);
    case HelloMeaning::outcome:
      return to_.verdicts.take_outcome(node, hello.last.front(), false, now);
    case HelloMeaning::in_quarantine:
    case HelloMeaning::out_of_quarantine:
      return to_.quarantines.settle(*to_.fleet.find(node), now);
    case HelloMeaning::never_heard:
      return to_.rebinds.give_back_unheard(node, now);
    case HelloMeaning::elsewhere:
      return hold_elsewhere(state.nodes.at(node), hello, now);
    case HelloMeaning::to_leave_more:
      return to_.rebinds.widen(node);
    case HelloMeaning::rebooted:
      return to_.rebinds.converge_again(node, hello, now);
    case HelloMeaning::awaited:
      return to_.running.wait_again(state.nodes.at(node).present());
    case HelloMeaning::to_be_told:
      return to_.rebinds.tell(node, now);
    case HelloMeaning::claims_other_name:
    case HelloMeaning::other_protocol:
    case HelloMeaning::unknown_node:
    case HelloMeaning::foreign_past:
    case HelloMeaning::nothing:
      return;
  }
}

void Agents::hold_newer_generation(const NodeRecord& node, const wire::Hello& hello, Now now) {
  to_.verdicts.hold(node.node,
                    Fact(FactCode::seen_newer_generation, {.to = hello.generation_target,
                                                           .generation = hello.generation,
                                                           .other_generation = node.generation()}),
                    is_beyond_next(to_.ledger.state(), hello.generation, now.wall)
                        ? Cure(CureCode::remove_generation_files)
                        : Cure(CureCode::decide_anew_after_restore, {.nodes = {node.node}}),
                    now);
}

void Agents::hold_other_target(const NodeRecord& node, const wire::Hello& hello, Now now) {
  to_.verdicts.hold(node.node,
                    Fact(FactCode::generation_was_for, {.sn = node.service_node(),
                                                        .to = hello.generation_target,
                                                        .generation = hello.generation}),
                    Cure(CureCode::decide_anew, {.nodes = {node.node}}), now);
}

void Agents::hold_elsewhere(const NodeRecord& node, const wire::Hello& hello, Now now) {
  const auto bound = named_in(hello.bindings);
  to_.verdicts.hold(node.node,
                    Fact(FactCode::reports_what_it_was_not_to_leave,
                         {.to = node.service_node(), .sns = bound, .others = node.present().from}),
                    repair_or_leave(to_.ledger.state(), bound.front(), node.node), now);
}

void Agents::take(Presence& presence, const wire::Beat& beat, Now now) {
  presence.now_at(beat.busy, beat.busy_ms, now.monotonic);
  if (presence.blocked_by_scripts()) to_.running.schedule_progress(presence.node, now);
  to_.outbox.send(*presence.connection, wire::BeatAck{beat.serial});
}

void Agents::take(Presence& presence, const wire::Inventory& inventory, Now) {
  presence.bindings = inventory.bindings;
}

// A mount is told apart by place and server; its options are no news. The first report is none.
void Agents::take(Presence& presence, const wire::Mounts& mounts, Now now) {
  const auto among = [](const NfsMount& mount, const std::vector<NfsMount>& list) {
    return std::any_of(list.begin(), list.end(), [&](const NfsMount& other) {
      return other.place == mount.place && other.source == mount.source &&
             other.address == mount.address;
    });
  };
  const auto tell = [&](const event::Kind& what, const NfsMount& mount) {
    to_.outbox.publish(what, now, "", presence.node, mount.owner, wording::mount(mount));
  };
  if (presence.mounts_known) {
    for (const auto& mount : presence.mounts) {
      if (!among(mount, mounts.mounts)) tell(event::kMountGone, mount);
    }
    for (const auto& mount : mounts.mounts) {
      if (!among(mount, presence.mounts)) tell(event::kMountAppeared, mount);
    }
  }
  presence.mounts = mounts.mounts;
  presence.mounts_known = true;
}

void Agents::take(Presence& presence, const wire::PlanReport& report, Now now) {
  to_.preflights.on_report(presence, report, now);
}

void Agents::take(Presence& presence, const wire::FullPlan& told, Now now) {
  to_.preflights.on_plan(presence.node, told, now);
}

void Agents::take(Presence& presence, const wire::Seen& seen, Now now) {
  if (to_.life.on_seen(presence.node, seen, now)) return;
  to_.preflights.on_seen(presence.node, seen, now);
}

// What it says of its generation raises nothing here: the outcome names what it did.
void Agents::take(Presence&, const wire::Accepted&, Now) {}

void Agents::take(Presence& presence, const wire::Progress& progress, Now now) {
  presence.now_at(progress.step, 0, now.monotonic);
  if (!presence.blocked_by_scripts()) return;
  to_.outbox.publish(event::kNodeWaits, now, progress.takeover, presence.node, "",
                     text_of(progress.step));
  to_.running.schedule_progress(presence.node, now);
}

void Agents::take(Presence& presence, const wire::OutcomeReport& report, Now now) {
  presence.bindings = report.bindings;
  presence.now_at({}, 0, now.monotonic);
  const bool answers = presence.told_generation == report.outcome.generation;
  to_.verdicts.take_outcome(presence.node, report.outcome, answers, now);
}

void Agents::take(Presence& presence, const wire::Drift& drift, Now now) {
  presence.bindings = drift.bindings;
  presence.drift = Fact(FactCode::drifted, {.place = drift.place}, drift.detail);
  to_.outbox.publish(event::kDrift, now, "", presence.node, drift.service_node,
                     text_of(presence.drift));
}

void Agents::take(Presence& presence, const wire::Refused& refused, Now now) {
  to_.verdicts.take_refusal(presence.node, refused, now);
}

void Agents::take(Presence& presence, const wire::ServerHealthReport& health, Now now) {
  to_.servers.take(presence.node, health.servers, now);
}

void Agents::take(Presence& presence, const wire::Quarantine& quarantine, Now now) {
  to_.quarantines.take(presence, quarantine, now);
}

void Agents::take(Presence& presence, const wire::DirectoryRead& read, Now) {
  presence.hello.directory_digest = read.digest;
}

void Agents::on_send_failed(const ConnectionId& connection, Now now) {
  if (const Presence* presence = to_.fleet.by_connection(connection)) lose(presence->node, now);
  to_.fleet.leave(connection);
}

void Agents::expire(Now now) {
  // Two beats lost and half a third: the connection is not worth waiting for.
  const int64_t silence_ms = int64_t{to_.config.beat_interval_ms} * 5 / 2;
  for (const auto& node : to_.fleet.expire(now.monotonic, silence_ms)) lose(node, now);
}

// A running takeover still waits for it: it may be on its way over another path.
void Agents::lose(const std::string& node, Now now) {
  to_.outbox.publish(event::kNodeLost, now, "", node, "", wording::lost());
  to_.preflights.give_up(node);
}

}  // namespace sn::coordinator
