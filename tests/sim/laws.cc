#include "tests/sim/laws.h"

#include <algorithm>

#include "common/model/unready.h"
#include "coordinator/core/rebinds.h"
#include "tests/sim/shared_log.h"

namespace sn::sim {

using coordinator::Assignment;
using coordinator::AssignmentState;
using coordinator::TakeoverState;

void Laws::broken(const std::string& law, const std::string& how) {
  if (breach_) return;
  breach_ =
      "at " + std::to_string(clock_ == nullptr ? 0 : clock_->now().ms) + " ms: " + law + ": " + how;
}

void Laws::saw(const std::string& node, uint64_t generation) {
  newest_seen_[node] = std::max(newest_seen_[node], generation);
}

void Laws::remembers(const std::string& node, uint64_t generation) {
  newest_seen_[node] = generation;
}

void Laws::forgot(const std::string& node) { newest_seen_.erase(node); }

void Laws::acts(const std::string& node, uint64_t generation, const std::string& to) {
  const uint64_t newest = newest_seen_[node];
  if (generation < newest) {
    broken(
        "no agent acts on a generation older than one it has seen",
        node + " begins " + std::to_string(generation) + ", it has seen " + std::to_string(newest));
  }
  const auto [known, fresh] = targets_.try_emplace({node, generation}, to);
  if (!fresh && known->second != to) {
    broken("never two targets for one node and generation",
           node + " " + std::to_string(generation) + " was for " + known->second + ", now " + to);
  }
}

void Laws::hears(const std::string& node, uint64_t generation) {
  told_since_its_end_[{node, generation}] = true;
}

void Laws::begins(const std::string& node, uint64_t generation) {
  if (told_since_its_end_[{node, generation}]) return;
  broke("what is said again while it is under way is done once", node, generation);
}

void Laws::ends(const std::string& node, uint64_t generation) {
  told_since_its_end_[{node, generation}] = false;
}

void Laws::broke(const std::string& law, const std::string& node, uint64_t generation) {
  broken(law, node + " begins " + std::to_string(generation));
}

void Laws::replays(const coordinator::State* replayed, const coordinator::State& durable) {
  if (replayed == nullptr) return broken("what is committed can be read", "it can't");
  const auto keys_of = [](const coordinator::State& state) {
    std::set<std::pair<std::string, std::string>> keys;
    for (const auto& key : state.keys) keys.emplace(key.node, key.public_key);
    return keys;
  };
  const bool same =
      replayed->nodes == durable.nodes && replayed->takeovers == durable.takeovers &&
      replayed->service_nodes == durable.service_nodes && replayed->freeze == durable.freeze &&
      replayed->last_generation == durable.last_generation &&
      replayed->acknowledgements == durable.acknowledgements &&
      replayed->feed_keys == durable.feed_keys && keys_of(*replayed) == keys_of(durable);
  if (!same) broken("replay(records) is the state", "something differs");
}

void Laws::reports(const std::string& node, const wire::Outcome& outcome, uint32_t really_left) {
  if (outcome.verdict != Verdict::verified || outcome.left > 0) return;
  if (really_left > 0) {
    broken("never reported verified when not",
           node + " says verified with " + std::to_string(really_left) + " references left");
  }
  verified_by_node_[{node, outcome.generation}] = true;
  verified_on_.emplace(node, outcome.to);
}

Laws::Others Laws::others(const coordinator::State& state) const {
  Others others;
  for (const coordinator::NodeRecord* record : table_of(state)) {
    if (record->node == distrusted_) continue;
    others[record->node] = {record->generation(), record->service_node(),
                            record->present().verdict};
  }
  return others;
}

// That the next node of a wave is told, or held since the wave stopped, is the takeover's own
// course.
void Laws::spares(const Others& before, const coordinator::State& durable) {
  const Others after = others(durable);
  for (const auto& [node, was] : before) {
    const auto now = after.find(node);
    const bool same =
        now != after.end() && std::get<0>(now->second) == std::get<0>(was) &&
        std::get<1>(now->second) == std::get<1>(was) &&
        (!coordinator::is_final(std::get<2>(was)) || std::get<2>(now->second) == std::get<2>(was));
    if (!same) broken("a hostile node is its own affair", node + " is not what it was");
  }
}

void Laws::says_verified(const std::string& node, const wire::Outcome& outcome,
                         const MachineSighting& really) {
  if (outcome.verdict != Verdict::verified) return;
  for (const auto& service : really.services) {
    if (is_ready(service.answer)) continue;
    broken("verified only if the node's world works", node + " says verified, and " + outcome.to +
                                                          " does not serve it on " +
                                                          service.service.to_string());
  }
}

void Laws::leaves(const std::string& node, uint32_t before, uint32_t after) {
  if (after >= before) return;
  broken("a rescue leaves no node with less than it had", node + " had " + std::to_string(before) +
                                                              " references to who lives, and has " +
                                                              std::to_string(after));
}

void Laws::rescues(const std::string& takeover, int64_t serving_for_ms) {
  // What a preflight, a probe and the power's answer may take, and a message on its way.
  constexpr int64_t kAskedMs = 20'000;
  if (serving_for_ms <= kAskedMs) return;
  broken("a rescue is of one that is dead", takeover +
                                                " begins, and who it leaves has served for " +
                                                std::to_string(serving_for_ms) + " ms");
}

void Laws::stops(const coordinator::State& durable, const coordinator::Takeover& takeover,
                 int64_t now_unix_ms) {
  using coordinator::as_planned;
  using coordinator::is_final;
  const std::string law = "one bad node stops nobody else but by --max-failures";
  const int64_t since = std::max(takeover.started_unix_ms, takeover.resumed_unix_ms);
  std::map<std::string, size_t> groups;
  const auto parts = parts_of(durable, takeover);
  for (const Assignment* part : parts) ++groups[part->group];
  size_t bad = 0;
  bool canary = false;
  for (const Assignment* part : parts) {
    const bool ended_badly = is_final(part->verdict) && !as_planned(*part) &&
                             part->ended_unix_ms >= since &&
                             !part->reason.is(FactCode::left_out_by);
    // A node that was told and does not end for a quarter of a minute.
    const bool hangs = part->verdict == Verdict::pending && part->told_unix_ms != 0 &&
                       now_unix_ms - part->told_unix_ms >= 15'000;
    if (ended_badly || hangs) ++bad;
    canary = canary || (ended_badly && part->canary && part->verdict != Verdict::blocked &&
                        groups[part->group] > 1);
  }
  const bool for_a_canary = takeover.why.is(FactCode::canary_ended);
  const bool for_many =
      takeover.why.is(FactCode::ended_worse) || takeover.why.is(FactCode::not_ended_after);
  if (for_a_canary && !canary) {
    broken(law, takeover.id() + " stopped for a canary that is none, is alone or is untouched");
  }
  const uint32_t most = takeover.waves.max_failures;
  if (for_many && (most == 0 || bad < most)) {
    broken(law, takeover.id() + " stopped for " + std::to_string(bad) + " of " +
                    std::to_string(most) + " failures");
  }
}

void Laws::shows(const std::string& service_node, Life life, int64_t dead_for_ms,
                 int64_t whole_for_ms) {
  // What a node saw counts for 75 s, and a network that loses, delays and reorders has its time.
  constexpr int64_t kSeenMs = 90'000;
  if (dead_for_ms > kSeenMs && life != Life::silent) {
    broken("a dead service node is shown within " + std::to_string(kSeenMs / 1'000) + " s",
           service_node + " is dead for " + std::to_string(dead_for_ms) + " ms, and shown as " +
               std::string(to_string(life)));
  }
  if (whole_for_ms > kSeenMs && life != Life::serves) {
    broken("a living service node is shown as one",
           service_node + " serves for " + std::to_string(whole_for_ms) + " ms, and is shown as " +
               std::string(to_string(life)));
  }
}

void Laws::asks_again_what_was_not_ready(const coordinator::State& durable,
                                         const std::map<std::string, int64_t>& whole_for_ms,
                                         const std::set<std::string>& off, int64_t now_unix_ms,
                                         int64_t calm_since_unix_ms) {
  // Six rounds of asking again, and a node that has to find its way back first.
  constexpr int64_t kRoundsMs = 120'000;
  for (const coordinator::NodeRecord* record : table_of(durable)) {
    const Assignment& present = record->present();
    if (present.state != AssignmentState::released || present.verdict != Verdict::partly ||
        !says_unready(present.reason) || off.contains(record->node)) {
      continue;
    }
    const coordinator::Takeover* takeover = takeover_of(durable, present);
    if (takeover == nullptr || takeover->state != TakeoverState::finished) continue;
    const auto whole = whole_for_ms.find(present.to);
    if (whole == whole_for_ms.end() || whole->second == 0) continue;
    const int64_t since = std::max({now_unix_ms - whole->second, calm_since_unix_ms});
    const int64_t until = present.ended_unix_ms + coordinator::kServiceWaitsMs;
    if (std::min(until, now_unix_ms) - std::max(since, present.ended_unix_ms) < kRoundsMs) continue;
    broken("what was not ready is asked again",
           record->node + " is partly, and " + present.to + " serves it again");
  }
}

void Laws::says(const coordinator::State& durable, const wire::Rebind& rebind, bool frozen,
                bool released) {
  const coordinator::NodeRecord* node = find_node(durable, rebind.node);
  const std::string what =
      rebind.node + " " + std::to_string(rebind.generation) + " -> " + rebind.to;
  const auto decided = targets_.find({rebind.node, rebind.generation});
  if (node == nullptr || node->generation() < rebind.generation || decided == targets_.end() ||
      decided->second != rebind.to) {
    broken("persisted before spoken", what + " was said, and is not what the store keeps");
    return;
  }
  // Decided anew in the same batch: the newer one follows.
  if (node->generation() > rebind.generation) return;
  const AssignmentState state = node->present().state;
  if (state != AssignmentState::released && !released) {
    broken("what is held is not told", what + " is " + std::string(to_string(state)));
  }
  if (durable.freeze.frozen && frozen) broken("frozen means silent", what + " was said");
  if (rebind.from.empty()) broken("a Rebind says what to leave", what);
}

void Laws::leads(uint64_t epoch, uint64_t newest, int64_t since_ms) {
  if (epoch == newest || since_ms <= SharedLogEngine::kLeaseMs / 4) return;
  broken("who has been replaced is silent",
         "a coordinator speaks that was replaced " + std::to_string(since_ms) + " ms ago");
}

void Laws::keeps(const coordinator::StoreChange& change) {
  const auto* put = std::get_if<coordinator::PutAssignment>(&change);
  if (put == nullptr) return;
  const Assignment& kept = put->assignment;
  if (kept.generation == 0 || kept.state == AssignmentState::observed) return;
  if (kept.state == AssignmentState::released) {
    const auto [known, fresh] = targets_.try_emplace({kept.node, kept.generation}, kept.to);
    if (!fresh && known->second != kept.to) {
      broken("never two targets for one node and generation",
             kept.node + " " + std::to_string(kept.generation) + " was for " + known->second +
                 ", the table says " + kept.to);
    }
  }
  // Under the generation of an abort a node is again what it was: verified, if it was.
  if (kept.verdict == Verdict::verified && kept.node != distrusted_ &&
      !verified_by_node_[{kept.node, kept.generation}] &&
      !verified_on_.contains({kept.node, kept.to})) {
    broken("never reported verified when not", kept.node + " is verified for " +
                                                   std::to_string(kept.generation) +
                                                   ", which it never said truthfully");
  }
}

void Laws::commits(const coordinator::State& before, const coordinator::State& after) {
  for (const auto& [number, takeover] : after.takeovers) {
    const auto was = before.takeovers.find(number);
    if (takeover.state != TakeoverState::aborted || was == before.takeovers.end() ||
        was->second.state == TakeoverState::aborted) {
      continue;
    }
    for (const auto& node : was->second.nodes) {
      const Assignment* told = present_of(before, number, node);
      if (told != nullptr && after.nodes.at(node).present().takeover != number) {
        is_put_back(before.nodes.at(node), after.nodes.at(node));
      }
      if (told == nullptr || told->told_unix_ms == 0 || told->verdict != Verdict::pending ||
          told->state == AssignmentState::held) {
        continue;
      }
      const Assignment& now = after.nodes.at(node).present();
      if (now.generation != told->generation || now.state != AssignmentState::released) {
        broken("who was told finishes", node + " was told by " + takeover.id() + ", is " +
                                            std::string(to_string(now.state)) + " after its abort");
      }
    }
  }
}

void Laws::is_put_back(const coordinator::NodeRecord& before,
                       const coordinator::NodeRecord& after) {
  std::string home;
  for (const auto& one : before.assignments) {
    const bool decided = one.state != AssignmentState::without_effect && !one.to.empty();
    if (decided && one.serial != before.present().serial) home = one.to;
  }
  if (after.service_node() != home) {
    broken("who was not told is put back", after.node + " was at " + home + ", and belongs to " +
                                               after.service_node() + " after the abort");
  }
}

void Laws::believes(const coordinator::State& believed, const coordinator::State& durable) {
  if (believed.nodes != durable.nodes || believed.takeovers != durable.takeovers) {
    broken("what is believed is what is kept", "nodes or takeovers differ");
  }
}

void Laws::publishes(const coordinator::Event& event) {
  uint64_t& last = serials_[event.epoch];
  if (event.serial != last + 1) {
    broken("no silent gap in the feed",
           "serial " + std::to_string(event.serial) + " after " + std::to_string(last));
  }
  last = event.serial;
}

void Laws::at_the_end(const coordinator::State& durable,
                      const std::map<std::string, std::map<std::string, uint32_t>>& references,
                      const std::set<std::string>& off) {
  for (const auto& [number, takeover] : durable.takeovers) {
    if (takeover.finished_unix_ms == 0) {
      broken("every takeover reaches its end", takeover.id() + " still runs");
    }
    if (takeover.state == TakeoverState::stopped && takeover.why.empty()) {
      broken("what is stopped says why", takeover.id());
    }
  }
  for (const coordinator::NodeRecord* record : table_of(durable)) {
    const std::string& node = record->node;
    if (node == distrusted_) continue;
    const Assignment& present = record->present();
    if (present.state == AssignmentState::held) {
      if (present.reason.empty()) broken("what is held says why", node);
      continue;
    }
    if (present.state == AssignmentState::queued) {
      const coordinator::Takeover* takeover = takeover_of(durable, present);
      if (takeover == nullptr || takeover->state != TakeoverState::stopped) {
        broken("nobody is forgotten in the line",
               node + " waits for its turn in " + takeover_id_of(present));
      }
      continue;
    }
    if (present.state != AssignmentState::released) continue;
    if (present.verdict == Verdict::pending && off.contains(node)) continue;
    if (present.verdict == Verdict::pending || present.verdict == Verdict::none) {
      broken("every released node converges",
             node + " is " + std::string(to_string(present.verdict)) + " on the way to " +
                 present.to + " (" + takeover_id_of(present) + ")");
      continue;
    }
    if (present.verdict != Verdict::verified) {
      if (present.reason.empty()) broken("no verdict without a reason", node);
      continue;
    }
    const auto there = references.find(node);
    if (there == references.end()) continue;
    for (const auto& [service_node, count] : there->second) {
      if (count == 0 || service_node == present.to) continue;
      const bool was_to_leave_it =
          std::find(present.from.begin(), present.from.end(), service_node) != present.from.end();
      if (was_to_leave_it || left_behind(durable, service_node)) {
        broken("every released node converges",
               node + " is verified on " + present.to + " and names " + service_node);
      }
    }
  }
}

}  // namespace sn::sim
