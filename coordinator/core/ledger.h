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

  // The inventory only seeds: nodes that the table does not know, and service nodes. A node that
  // was ever moved is never touched; one that never was follows the inventory, also out of the
  // table.
  void seed(const Cluster& cluster, Now now);

  // One that is in its node's history, changed. References into the history stay valid.
  void put(Assignment assignment);
  // A new decision about the node. References to the node's assignments are void.
  void append(Assignment assignment);
  void put(ServiceNodeRecord record);
  void put(const Freeze& freeze);
  // Newer than any that was given out, and than the clock. What nodes report has no part in it: one
  // of them would speak for all.
  uint64_t new_generation(Now now);
  // The clock counts again (has_spent_generations). The nodes that had a generation beyond any.
  std::vector<std::string> mend_generations(Now now);

  // The number for it is next_takeover(). Its nodes are appended to it one by one.
  const Takeover& add(TakeoverHeader takeover);
  [[nodiscard]] uint64_t next_takeover() const;
  // Durable with the Rebind: an abort gives back only nodes that were never told.
  void note_told(const std::string& node, Now now);
  void set(uint64_t takeover, TakeoverState state, Fact why);
  // The takeover waits for no node any more.
  void end(uint64_t takeover, TakeoverState state, Fact why, Now now);
  // The takeover runs again.
  void resume(uint64_t takeover, Now now);
  // It is over, and goes to the files: nobody's way back leads through it (takeover/filing.h).
  // References to it, and to the histories of its nodes, are void then.
  void file(uint64_t takeover, Filed filed, std::vector<TakeoverPart> parts);
  // Rises with every decision about a node and every end of a takeover.
  [[nodiscard]] uint64_t decisions() const { return decisions_; }
  // Drops finished takeovers beyond the newest kKeptTakeovers, but never one that is in play for a
  // node (NodeRecord::takeovers_in_play) or that a service node's state still names. References to
  // those, and to the histories of their nodes, are void then.
  void forget_old_takeovers();

  void put(Acknowledgement acknowledgement);
  // Of a node that has one.
  void drop_acknowledgement(const std::string& node);
  void put(NodeKey key);
  // How many the node had.
  size_t drop_keys(const std::string& node);
  void put(FeedKey key);
  // Of a subscriber that has one.
  void drop_feed_key(const std::string& name);

 private:
  void seed_node(const std::string& node, const std::string& service_node);
  void leave_table(const std::string& node);
  void drop(const std::string& node, uint32_t serial);
  void forget(uint64_t takeover);
  void forget_parts(const Takeover& takeover);
  void put_header(const Takeover& takeover);

  State state_;
  Outbox& outbox_;
  uint64_t decisions_ = 1;
};

}  // namespace sn::coordinator
