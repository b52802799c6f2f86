#include "coordinator/core/life/life_watch.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/names.h"
#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

const event::Kind& event_of(Life life) {
  if (life == Life::serves) return event::kServiceNodeAnswering;
  return shows_life(life) ? event::kServiceNodeHalfDead : event::kServiceNodeSilent;
}

}  // namespace

// ---------------------------------------------------------------- this machine's looks

void LifeWatch::tick(Now now) {
  if (now.monotonic < next_tick_) return;
  next_tick_ = now.monotonic + kLookMs;
  forget_gone(now);
  for (const auto& service_node : cluster_.directory.service_nodes) {
    Watched& watched = watched_[service_node.name];
    if (watched.next_look <= now.monotonic) look(service_node.name, watched, now);
    const bool eyes = !shows_life(watched.here.life);
    if (watched.next_turn <= now.monotonic) {
      watched.next_turn = now.monotonic + (eyes ? kEyesTurnMs : kNodeTurnMs);
      ask_nodes(service_node.name, watched, kNodesInTurn, eyes ? kEyesRestMs : kNodeRestMs, now);
    }
    if (watched.doubt) settle_doubt(service_node.name, watched, now);
  }
}

void LifeWatch::forget_gone(Now now) {
  std::erase_if(watched_,
                [&](const auto& entry) { return cluster_.directory.find(entry.first) == nullptr; });
  std::erase_if(asked_,
                [&](const auto& entry) { return now.monotonic - entry.second.at > kNodeRestMs; });
  for (auto& [name, watched] : watched_) {
    std::erase_if(watched.views,
                  [&](const auto& entry) { return now.monotonic - entry.second.at > kViewMs; });
    while (!watched.flaps.empty() && now.monotonic - watched.flaps.front() > kFlapMs) {
      watched.flaps.pop_front();
    }
  }
}

void LifeWatch::look(const std::string& name, Watched& watched, Now now) {
  if (watched.looking) return;
  watched.looking = true;
  watched.next_look = now.monotonic + (watched.mute ? kEyesTurnMs : kLookMs);
  watched.asks_services = watched.mute || watched.next_service_look <= now.monotonic;
  looks_[++requests_] = name;
  Probe probe = look_at(requests_, *cluster_.directory.find(name), kLookDeadlineMs);
  if (!watched.asks_services) probe.services.clear();
  outbox_.ask(std::move(probe));
}

bool LifeWatch::on_probe(uint64_t request, const MachineSighting& seen, Now now) {
  const auto found = looks_.find(request);
  if (found == looks_.end()) return false;
  const std::string name = found->second;
  looks_.erase(found);
  const auto place = watched_.find(name);
  if (place == watched_.end()) return true;  // it left the inventory
  Watched& watched = place->second;
  watched.looking = false;
  watched.ever_here |= shows_life(seen.life);
  if (!watched.asks_services) {
    const bool as_before = shows_life(seen.life) == shows_life(watched.here.life);
    // A ping tells of the kernel only: what follows from a change is asked of the services.
    if (as_before) return true;
    watched.next_service_look = now.monotonic;
    if (!shows_life(seen.life)) begin_doubt(name, watched, false, now);
    watched.ping_failed = !shows_life(seen.life);
    look(name, watched, now);
    return true;
  }
  const bool less = seen.life < watched.here.life || watched.here.life == Life::unasked;
  // One that has just come up may be caught half-way: it is looked at once more.
  const bool half_way =
      is_half_dead(seen.life) && !shows_life(watched.here.life) && !shows_life(watched.life);
  watched.mute = seen.life == Life::serves && (watched.mute || watched.ping_failed);
  watched.ping_failed = false;
  watched.here = seen;
  watched.next_service_look =
      now.monotonic + (seen.life == Life::serves ? kServiceLookMs : kTroubleLookMs);
  if (watched.doubt) watched.doubt->looked = true;
  if (half_way) {
    watched.next_service_look = now.monotonic;
    look(name, watched, now);
    return true;
  }
  if (seen.life > watched.life && shows_life(seen.life)) {
    become(name, watched, seen.life, now);
  } else if (less && (seen.life < watched.life || watched.life == Life::unasked)) {
    begin_doubt(name, watched, true, now);
  }
  if (watched.doubt) settle_doubt(name, watched, now);
  return true;
}

// ---------------------------------------------------------------- nodes

bool LifeWatch::may_ask(const std::string& node, const std::string& service_node) const {
  const auto listed = cluster_.nodes.find(node);
  if (listed != cluster_.nodes.end() && contains(listed->second, service_node)) return true;
  const NodeRecord* record = find_node(ledger_.state(), node);
  return record != nullptr && record->service_node() == service_node;
}

// Those that come after the one that was asked last; no more than `count`.
void LifeWatch::ask_nodes(const std::string& name, Watched& watched, size_t count, int64_t rest_ms,
                          Now now) {
  const auto& all = fleet_.all();
  auto next = all.upper_bound(watched.last_asked);
  const size_t passed_at_most = std::min(all.size(), std::max(kNodesPassed, count));
  for (size_t passed = 0; passed < passed_at_most && count > 0; ++passed) {
    if (next == all.end()) next = all.begin();
    const auto& [node, presence] = *next++;
    watched.last_asked = node;
    if (!presence.connected() || !may_ask(node, name)) continue;
    const auto before = asked_.find(node);
    if (before != asked_.end() && now.monotonic - before->second.at < rest_ms) continue;
    asked_[node] = {++requests_, now.monotonic};
    outbox_.send(*presence.connection, wire::Look{requests_, {name}, kLookDeadlineMs});
    if (watched.doubt) ++watched.doubt->asked;
    --count;
  }
}

bool LifeWatch::on_seen(const std::string& node, const wire::Seen& seen, Now now) {
  const auto asked = asked_.find(node);
  if (asked == asked_.end() || asked->second.request != seen.request) return false;
  for (const auto& sighting : seen.sightings) {
    const auto place = watched_.find(sighting.service_node);
    if (place == watched_.end() || !may_ask(node, sighting.service_node)) continue;
    Watched& watched = place->second;
    const auto before = watched.views.find(node);
    const bool half_way = is_half_dead(sighting.seen.life) && !shows_life(watched.life) &&
                          (before == watched.views.end() || !shows_life(before->second.seen.life));
    watched.views[node] = {sighting.seen, now.monotonic};
    const bool alive = shows_life(sighting.seen.life);
    watched.silent_views = alive ? 0 : watched.silent_views + 1;
    if (half_way) {
      watched.next_service_look = now.monotonic;  // this machine's next look is at its services
    } else if (alive && sighting.seen.life > watched.life) {
      become(place->first, watched, sighting.seen.life, now);
    } else if (!shows_life(watched.here.life) && watched.life != Life::silent &&
               watched.silent_views >= std::min(watched.views.size(), kNodesInTurn)) {
      // Nodes are this machine's eyes, and they see it no more.
      begin_doubt(place->first, watched, true, now);
    }
    if (watched.doubt) settle_doubt(place->first, watched, now);
  }
  return true;
}

// ---------------------------------------------------------------- what follows

void LifeWatch::begin_doubt(const std::string& name, Watched& watched, bool looked, Now now) {
  if (watched.doubt) {
    watched.doubt->looked |= looked;
    return;
  }
  if (now.monotonic < watched.next_doubt) return;
  watched.doubt = Doubt{now.monotonic, looked, 0};
  ask_nodes(name, watched, kNodesInDoubt, 0, now);
}

void LifeWatch::settle_doubt(const std::string& name, Watched& watched, Now now) {
  const Doubt& doubt = *watched.doubt;
  const FleetSighting fleet = sighting(watched, doubt.since);
  const bool waits = fleet.asked < doubt.asked && now.monotonic - doubt.since < kDoubtMs;
  // As much life as before ends it at once; less is believed when everybody was heard.
  if (!doubt.looked || (waits && fleet.best.life < watched.life)) {
    next_tick_ = std::min(next_tick_, now.monotonic + kLookMs / 4);
    return;
  }
  watched.doubt.reset();
  watched.silent_views = 0;
  if (fleet.best.life == watched.life) watched.next_doubt = now.monotonic + kDoubtRestMs;
  // Nobody can say that it is dead who has never seen it alive.
  if (!shows_life(fleet.best.life) && fleet.asked == 0 && !watched.ever_here) return;
  if (fleet.best.life != watched.life) become(name, watched, fleet.best.life, now);
}

void LifeWatch::become(const std::string& name, Watched& watched, Life life, Now now) {
  const Life before = std::exchange(watched.life, life);
  watched.since_unix_ms = now.wall.unix_ms;
  watched.changed = now.monotonic;
  if (life == Life::silent && shows_life(before)) {
    watched.flaps.push_back(now.monotonic);
    if (watched.flaps.size() > kMaxFlaps) watched.flaps.pop_front();
  }
  // Seen well for the first time is no news; from one weak sign to another neither.
  if (before == Life::unasked && life == Life::serves) return;
  if (is_half_dead(before) && is_half_dead(life)) return;
  const LifeStatus status = this->status(name, now.monotonic);
  outbox_.publish(event_of(life), now, "", "", name, wording::life(status));
  if (shows_life(life) && !shows_life(before) &&
      state_of(ledger_.state(), name) == ServiceNodeState::failed) {
    outbox_.publish(event::kServiceNodeReturned, now, "", "", name,
                    wording::answers_again(status.evidence));
  }
}

FleetSighting LifeWatch::sighting(const Watched& watched, MonotonicTime since) {
  FleetSighting fleet;
  fleet.add_here(watched.here);
  for (const auto& [node, view] : watched.views) {
    if (view.at >= since) fleet.add(node, view.seen);
  }
  return fleet;
}

LifeStatus LifeWatch::status(const std::string& service_node, MonotonicTime now) const {
  LifeStatus status;
  const auto found = watched_.find(service_node);
  if (found == watched_.end()) return status;
  const Watched& watched = found->second;
  const FleetSighting fleet = sighting(watched, now + -kViewMs);
  status.life = watched.life;
  status.since_unix_ms = watched.since_unix_ms;
  status.asked = fleet.asked;
  status.here = watched.here.life;
  status.evidence = fleet.best.evidence;
  status.by = fleet.best_by;
  status.mac = fleet.best.mac;
  status.flaps = watched.flaps.size();
  // A node that saw it before it fell silent does not see it now; one that looked in vain before it
  // came back says nothing of now.
  for (const auto& [node, view] : watched.views) {
    if (now - view.at > kViewMs) continue;
    const bool alive = shows_life(view.seen.life), since = view.at >= watched.changed;
    if (alive && (since || watched.life != Life::silent)) ++status.alive_by;
    if (!alive && !since && shows_life(watched.life)) --status.asked;
  }
  return status;
}

}  // namespace sn::coordinator
