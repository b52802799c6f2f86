// The durable truth (state.h) and its only writer: every change is a Store effect in
// the same step, so that what the core believes and what the store keeps can't part.
#pragma once

#include <string>

#include "common/model/cluster_file.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

// How many finished takeovers are kept. A cluster has a handful of failures a year and some drills:
// these are years of them. It bounds what a restart loads and what `snctl history` shows.
inline constexpr size_t kKeptTakeovers = 200;

class Ledger {
 public:
  // `state` as the store loaded it.
  Ledger(State state, Outbox& outbox) : state_(std::move(state)), outbox_(outbox) {}

  [[nodiscard]] const State& state() const { return state_; }

  // The inventory only seeds: rows of nodes that the table does not know, and service nodes. A row
  // that a takeover wrote is never touched; one that none wrote follows the inventory.
  void seed(const Cluster& cluster, Now now);

  void put(Row row);
  void put(ServiceNodeRecord record);
  void put(const Freeze& freeze);
  // Newer than any that was given out, than `seen`, and than the clock.
  uint64_t new_generation(uint64_t seen, Now now);

  // The number for it is next_takeover().
  const Takeover& add(Takeover takeover);
  [[nodiscard]] uint64_t next_takeover() const;
  // A node's part in a takeover that was added.
  void put(uint64_t takeover, TakeoverNode node);
  // Durable with the Rebind: an abort gives back only nodes that were never told.
  void note_told(uint64_t takeover, const std::string& node, Now now);
  void set(uint64_t takeover, TakeoverState state, Fact why);
  // The takeover waits for no node any more.
  void end(uint64_t takeover, TakeoverState state, Fact why, Now now);
  // The takeover runs again.
  void resume(uint64_t takeover, Now now);
  // Drops finished takeovers beyond the newest kKeptTakeovers, but never one that a row or a
  // service node's state still names. References to those are void then.
  void forget_old_takeovers();

  void put(NodeKey key);
  // How many the node had.
  size_t drop_keys(const std::string& node);

 private:
  void seed_rows(const Cluster& cluster);
  void put_header(const Takeover& takeover);

  State state_;
  Outbox& outbox_;
};

}  // namespace sn::coordinator
