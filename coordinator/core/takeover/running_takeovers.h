// Takeovers between their start and their end: which nodes are awaited, which clients look on, what
// they are shown, and when a takeover is over. A takeover's end changes nothing for its late nodes:
// they still converge, and are recorded in it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

class RunningTakeovers {
 public:
  RunningTakeovers(Ledger& ledger, const Fleet& fleet, Outbox& outbox)
      : ledger_(ledger), fleet_(fleet), outbox_(outbox) {}

  // The end of one may drop the oldest ones (ledger.h): references to finished takeovers and into
  // the histories of their nodes are void after resume(), finish() and stop().

  // Takes up the takeovers that a restart interrupted. No node is connected yet, so every pending
  // node is awaited anew, for the whole timeout.
  void resume(Now now);
  // `awaited`: pending nodes that were there lately; their end is waited for until the timeout.
  void add(const Takeover& takeover, std::set<std::string> awaited, Now now);

  // Shows it to the client until its end. false: it is over.
  bool follow(uint64_t number, ClientId client);
  // As far as it is now, to a client that has just begun to look on.
  void show_progress(uint64_t number, ClientId client, Now now);
  void unfollow(ClientId client);
  // As it stands, with what its nodes are at.
  [[nodiscard]] TakeoverAnswer answer_of(const Takeover& takeover, ClientId client, Now now) const;

  [[nodiscard]] bool runs(uint64_t number) const { return running_.contains(number); }
  [[nodiscard]] std::vector<uint64_t> numbers() const;
  // The node was there lately and has no verdict yet.
  [[nodiscard]] bool waits_for(uint64_t number, const std::string& node) const;

  // A node reached its verdict.
  void settled(uint64_t number, const std::string& node, Now now);
  // Takeover and node of everything that settled since this was asked last.
  [[nodiscard]] std::vector<std::pair<uint64_t, std::string>> take_settled();
  // Some node reached its verdict since this was asked last, of whatever takeover.
  [[nodiscard]] bool take_any_settled() { return std::exchange(any_settled_, false); }
  // A node that was held is queued again.
  void requeue(uint64_t number, const std::string& node);
  // Takeover and node of everything that was queued again since this was asked last.
  [[nodiscard]] std::vector<std::pair<uint64_t, std::string>> take_requeued();
  // Somebody was told just now: from here on it has the takeover's whole timeout.
  void extend(uint64_t number, Now now);
  [[nodiscard]] bool any_overdue(Now now) const;
  [[nodiscard]] std::vector<uint64_t> overdue(Now now) const;
  // No other node is told; a node that was told still ends by itself and is recorded. Resumable.
  // Followers are shown its last screen when those have ended that were told, or after a while;
  // at once, if `waited` for them long enough.
  enum class Told : uint8_t { to_be_waited_for, waited };
  void stop(uint64_t number, Fact why, Told told, Now now);
  void finish(uint64_t number, Now now);
  // The takeovers that wait for no node any more.
  [[nodiscard]] std::vector<uint64_t> settled_numbers() const;
  // A node that was given up as down came back.
  void wait_again(const Assignment& present);
  // Something is to be seen of a node that is awaited: followers are shown it soon.
  void schedule_progress(const std::string& node, Now now);

  void tick(Now now);
  // tick() wants to be called by then; not later than `latest`.
  [[nodiscard]] MonotonicTime next_tick(MonotonicTime latest) const;

 private:
  struct Running {
    MonotonicTime deadline;
    std::set<std::string> awaited;
    std::set<ClientId> followers;
    MonotonicTime progress_due;  // the next progress line not before
    bool progress_scheduled = false;
  };

  // The followers' part in a takeover that was stopped, until its last screen.
  void show_end(uint64_t number, const Running& ending, Now now);
  [[nodiscard]] std::set<std::string> told_of(const Takeover& takeover) const;
  void schedule_progress(Running& running, Now now);
  void say_progress(uint64_t number, Running& running, Now now);
  [[nodiscard]] ProgressAnswer progress_of(const Takeover& takeover, const Running& running,
                                           Now now) const;
  // Ends the takeover in this state: explains what is still open, and tells the followers.
  void close(uint64_t number, TakeoverState state, Fact why, Now now);
  void explain_why_open(const Takeover& takeover, TakeoverState state, Assignment& part,
                        Now now) const;

  Ledger& ledger_;
  const Fleet& fleet_;
  Outbox& outbox_;
  std::map<uint64_t, Running> running_;
  std::map<uint64_t, Running> ending_;  // stopped; only those that were told are awaited
  bool any_settled_ = false;
  std::vector<std::pair<uint64_t, std::string>> settled_;
  std::vector<std::pair<uint64_t, std::string>> requeued_;
};

}  // namespace sn::coordinator
