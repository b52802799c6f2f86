#include "tests/sim/laws.h"

#include <algorithm>

namespace sn::sim {

using coordinator::RowState;
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

void Laws::reports(const std::string& node, const wire::Outcome& outcome, uint32_t really_left) {
  if (outcome.verdict != Verdict::verified || outcome.left > 0) return;
  if (really_left > 0) {
    broken("never reported verified when not",
           node + " says verified with " + std::to_string(really_left) + " references left");
  }
  verified_by_node_[{node, outcome.generation}] = true;
  verified_on_.emplace(node, outcome.to);
}

void Laws::says(const coordinator::State& durable, const wire::Rebind& rebind) {
  const auto found = durable.rows.find(rebind.node);
  const std::string what =
      rebind.node + " " + std::to_string(rebind.generation) + " -> " + rebind.to;
  const auto decided = targets_.find({rebind.node, rebind.generation});
  if (found == durable.rows.end() || found->second.generation < rebind.generation ||
      decided == targets_.end() || decided->second != rebind.to) {
    broken("persisted before spoken", what + " was said, and is not what the store keeps");
    return;
  }
  // Decided anew in the same batch: the newer one follows.
  if (found->second.generation > rebind.generation) return;
  if (found->second.state != RowState::released) {
    broken("what is held is not told", what + " is " + std::string(to_string(found->second.state)));
  }
  if (durable.freeze.frozen) broken("frozen means silent", what + " was said");
  if (rebind.from.empty()) broken("a Rebind says what to leave", what);
}

void Laws::keeps(const coordinator::StoreChange& change) {
  const auto* put = std::get_if<coordinator::PutRow>(&change);
  if (put == nullptr || put->row.generation == 0 || put->row.state == RowState::observed) return;
  const coordinator::Row& row = put->row;
  if (row.state == RowState::released) {
    const auto [known, fresh] = targets_.try_emplace({row.node, row.generation}, row.service_node);
    if (!fresh && known->second != row.service_node) {
      broken("never two targets for one node and generation",
             row.node + " " + std::to_string(row.generation) + " was for " + known->second +
                 ", the table says " + row.service_node);
    }
  }
  // Under the generation of an abort a row is again what it was: verified, if it was.
  if (row.verdict == Verdict::verified && !verified_by_node_[{row.node, row.generation}] &&
      !verified_on_.contains({row.node, row.service_node})) {
    broken("never reported verified when not", row.node + " is verified for " +
                                                   std::to_string(row.generation) +
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
    for (const auto& [node, part] : was->second.nodes) {
      const auto row = before.rows.find(node);
      if (part.told_unix_ms == 0 || row == before.rows.end() ||
          row->second.takeover != takeover.id() || row->second.verdict != Verdict::pending ||
          row->second.state == RowState::held) {
        continue;
      }
      const coordinator::Row& now = after.rows.at(node);
      if (now.generation != row->second.generation || now.state != RowState::released) {
        broken("who was told finishes", node + " was told by " + takeover.id() + ", is " +
                                            std::string(to_string(now.state)) + " after its abort");
      }
    }
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
  for (const auto& [node, row] : durable.rows) {
    if (row.state == RowState::held) {
      if (row.reason.empty()) broken("what is held says why", node);
      continue;
    }
    if (row.state == RowState::queued) {
      const coordinator::Takeover* takeover = coordinator::takeover_of(durable, row);
      if (takeover == nullptr || takeover->state != TakeoverState::stopped) {
        broken("nobody is forgotten in the line", node + " waits for its turn in " + row.takeover);
      }
      continue;
    }
    if (row.state != RowState::released) continue;
    if (row.verdict == Verdict::pending && off.contains(node)) continue;
    if (row.verdict == Verdict::pending || row.verdict == Verdict::none) {
      broken("every released node converges", node + " is " + std::string(to_string(row.verdict)) +
                                                  " on the way to " + row.service_node + " (" +
                                                  row.takeover + ")");
      continue;
    }
    if (row.verdict != Verdict::verified) {
      if (row.reason.empty()) broken("no verdict without a reason", node);
      continue;
    }
    const auto there = references.find(node);
    if (there == references.end()) continue;
    const coordinator::Takeover* takeover = coordinator::takeover_of(durable, row);
    const auto part =
        takeover == nullptr ? decltype(takeover->nodes.find(node)){} : takeover->nodes.find(node);
    for (const auto& [service_node, count] : there->second) {
      if (count == 0 || service_node == row.service_node) continue;
      const bool was_to_leave_it = takeover != nullptr && part != takeover->nodes.end() &&
                                   std::find(part->second.from.begin(), part->second.from.end(),
                                             service_node) != part->second.from.end();
      if (was_to_leave_it || coordinator::left_behind(durable, service_node)) {
        broken("every released node converges",
               node + " is verified on " + row.service_node + " and names " + service_node);
      }
    }
  }
}

}  // namespace sn::sim
