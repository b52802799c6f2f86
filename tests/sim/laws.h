// What must hold whatever happens, asked after every event: the table is the truth and nodes
// converge to it, and no node is left half done. A breach is kept with its moment; the first one of
// a run is what counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "common/model/life.h"
#include "common/wire/messages.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/state.h"
#include "tests/sim/schedule.h"

namespace sn::sim {

class Laws {
 public:
  // ---- the node
  // The executor takes a Rebind for lawful: from now on nothing older may be begun.
  void saw(const std::string& node, uint64_t generation);
  // Its executor ended; this is what is durable.
  void remembers(const std::string& node, uint64_t generation);
  // It forgot what it had seen: a reboot of a node that keeps nothing.
  void forgot(const std::string& node);
  // It is about to change something for this generation.
  void acts(const std::string& node, uint64_t generation, const std::string& to);
  // It was told to, and says how that ended. What is said again while it is under way is done once:
  // it begins anew only if it was told since.
  void hears(const std::string& node, uint64_t generation);
  void begins(const std::string& node, uint64_t generation);
  void ends(const std::string& node, uint64_t generation);
  // What a start reads is what was committed; nullptr: it can't be read.
  void replays(const coordinator::State* replayed, const coordinator::State& durable);
  // A law that the node itself can tell the breach of.
  void broke(const std::string& law, const std::string& node, uint64_t generation);
  // What it says of itself, and how many references to what it was to leave it really has.
  void reports(const std::string& node, const wire::Outcome& outcome, uint32_t really_left);

  // It says so just now, of this service node as it really is.
  void says_verified(const std::string& node, const wire::Outcome& outcome,
                     const MachineSighting& really);
  // A rebind ends: how many of its references led to somebody who lived when it began, then and
  // now.
  void leaves(const std::string& node, uint32_t before, uint32_t after);

  // What this node says is of no worth: somebody has its key.
  void distrust(const std::string& node) { distrusted_ = node; }
  // Of all others what was decided and how it ended: the newest generation, whereto, the verdict.
  using Others = std::map<std::string, std::tuple<uint64_t, std::string, Verdict>>;
  [[nodiscard]] Others others(const coordinator::State& state) const;
  // It has said something.
  void spares(const Others& before, const coordinator::State& durable);

  // ---- the coordinator
  // `durable`: what the store has committed when the message leaves; `frozen`: before the batch
  // that it is of; `released`: by that batch, which may have held it again since.
  void says(const coordinator::State& durable, const wire::Rebind& rebind, bool frozen,
            bool released);
  void keeps(const coordinator::StoreChange& change);
  // A coordinator of this epoch gives an order or an answer; the newest one began so long ago.
  void leads(uint64_t epoch, uint64_t newest, int64_t since_ms);
  // One commit, before and after.
  void commits(const coordinator::State& before, const coordinator::State& after);
  // What it decides from, and what a restart would find.
  void believes(const coordinator::State& believed, const coordinator::State& durable);
  void publishes(const coordinator::Event& event);
  // A rescue begins, of one that has served for so long already; 0: it does not.
  void rescues(const std::string& takeover, int64_t serving_for_ms);
  // A takeover stops; `durable` has its end.
  void stops(const coordinator::State& durable, const coordinator::Takeover& takeover,
             int64_t now_unix_ms);
  // The status shows it like this; 0: it is not.
  void shows(const std::string& service_node, Life life, int64_t dead_for_ms, int64_t whole_for_ms);

  // ---- the end: every fault is over since long
  void at_the_end(const coordinator::State& durable,
                  const std::map<std::string, std::map<std::string, uint32_t>>& references,
                  const std::set<std::string>& off);

  // What a node waited for at its new service node answers since long, and so the node is verified.
  void asks_again_what_was_not_ready(const coordinator::State& durable,
                                     const std::map<std::string, int64_t>& whole_for_ms,
                                     const std::set<std::string>& off, int64_t now_unix_ms,
                                     int64_t calm_since_unix_ms);

  [[nodiscard]] const std::optional<std::string>& breach() const { return breach_; }
  void set_clock(const Schedule* clock) { clock_ = clock; }

 private:
  void is_put_back(const coordinator::NodeRecord& before, const coordinator::NodeRecord& after);
  void broken(const std::string& law, const std::string& how);

  const Schedule* clock_ = nullptr;
  std::optional<std::string> breach_;
  std::string distrusted_;                                               // a node; empty: none
  std::map<std::string, uint64_t> newest_seen_;                          // by node
  std::map<std::pair<std::string, uint64_t>, std::string> targets_;      // node, generation
  std::map<std::pair<std::string, uint64_t>, bool> verified_by_node_;    // node, generation
  std::map<std::pair<std::string, uint64_t>, bool> told_since_its_end_;  // node, generation
  std::set<std::pair<std::string, std::string>> verified_on_;            // node, service node
  std::map<std::string, uint64_t> serials_;                              // by epoch
};

}  // namespace sn::sim
