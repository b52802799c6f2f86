// In which order a takeover's nodes are told, and how many at a time: first a canary of each plan
// group, alone; then a window of nodes under way, so that the surviving service node is not stormed
// by reloads; and nobody any more once too much went wrong.
//
// To tell a node is to release it. What is done and what is left is read from the durable parts
// alone, so a restart goes on where the last process was.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/rebinds.h"
#include "coordinator/core/takeover/running_takeovers.h"

namespace sn::coordinator {

class WaveMaster {
 public:
  WaveMaster(Ledger& ledger, const Fleet& fleet, RunningTakeovers& running, Rebinds& rebinds)
      : ledger_(ledger), fleet_(fleet), running_(running), rebinds_(rebinds) {}

  // Makes the next step() look at every takeover: a command came, or a second passed, and nodes
  // that were away may be back. (A hello does not: in a storm of connections each would look at
  // everybody.)
  void wake() { woken_ = true; }
  // At the end of every event: decides which nodes are next, which take too long, and which
  // takeover is over.
  void step(Now now);

 private:
  // What is still to be done of one takeover. A node is in at most one of the first three.
  struct WaveQueue {
    std::deque<std::string> next;                    // in the order in which they go
    std::vector<std::string> away;                   // would be next, but are not connected
    std::map<std::string, MonotonicTime> under_way;  // told then, no verdict yet
    std::map<std::string, size_t> proven;  // plan group -> canaries of it that ended as planned
    std::set<std::string> unproven;        // groups whose canaries must end first
    std::set<std::string> failures;        // ended worse than planned
    std::set<std::string> hanging;         // lost their place in the window, no verdict yet
  };

  // Puts nodes released from hold back in the queue.
  void put_back_requeued();
  // Builds the queue from the durable parts if there is none yet.
  WaveQueue& queue_of(const Takeover& takeover, Now now);
  // A node that does not end in time, or can't, makes room for others.
  void vacate_places(const Takeover& takeover, WaveQueue& queue, Now now);
  // Stops the takeover if more nodes failed or hang than it allows. false: it was stopped.
  bool stays_within_limits(const Takeover& takeover, WaveQueue& queue, Now now);
  // Counts nodes that reached a verdict. false: the takeover was stopped for what they ended with.
  bool note_ends(const Takeover& takeover, WaveQueue& queue, const std::vector<std::string>& ended,
                 Now now);
  // Its bad end says something of the others of its group.
  [[nodiscard]] bool judges_others(const Takeover& takeover, const Assignment& canary) const;
  // It waits for another one that is under way, and is as unknown.
  [[nodiscard]] bool goes_singly(const Takeover& takeover, const WaveQueue& queue,
                                 const Assignment& next) const;
  void release_canaries(const Takeover& takeover, WaveQueue& queue, Now now);
  void release_window(const Takeover& takeover, WaveQueue& queue, Now now);
  void release_away(uint64_t number, WaveQueue& queue, Now now);
  void end_overdue(uint64_t number, Now now);
  void end(uint64_t number, Now now);
  [[nodiscard]] Fact why_overdue(const Takeover& takeover, const WaveQueue& queue, Now now) const;
  [[nodiscard]] bool is_next(const Takeover& takeover, const std::string& node) const;
  // The node's, which has one.
  [[nodiscard]] const Assignment& part(const Takeover& takeover, const std::string& node) const;
  [[nodiscard]] bool connected(const std::string& node) const;

  Ledger& ledger_;
  const Fleet& fleet_;
  RunningTakeovers& running_;
  Rebinds& rebinds_;
  std::map<uint64_t, WaveQueue> queues_;  // by takeover
  bool woken_ = true;
};

}  // namespace sn::coordinator
