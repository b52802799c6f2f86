// Takeovers between their transaction and their end: which nodes are waited for, who looks on, what
// they are shown, and when it is over. A takeover's end changes nothing for its late nodes: they
// still converge, and are recorded in it.
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

  // The end of one may drop the oldest ones (ledger.h): references to finished takeovers are void
  // after resume(), finish() and stop().

  // Those that a restart interrupted. Nobody is connected yet, so every pending node is waited for
  // anew, the whole time.
  void resume(Now now);
  // `waiting`: pending nodes that were there lately; their end is waited for until the timeout.
  void add(const Takeover& takeover, std::set<std::string> waiting, Now now);

  // Shows it to the client until its end. false: it is over.
  bool follow(uint64_t number, ClientId client);
  void unfollow(ClientId client);
  // As it stands, with what its nodes are at.
  [[nodiscard]] TakeoverAnswer answer_of(const Takeover& takeover, Now now) const;

  [[nodiscard]] bool runs(uint64_t number) const { return running_.contains(number); }
  [[nodiscard]] std::vector<uint64_t> numbers() const;
  // It was there lately and has no verdict yet.
  [[nodiscard]] bool waits_for(uint64_t number, const std::string& node) const;

  // A node reached its verdict.
  void settled(uint64_t number, const std::string& node, Now now);
  // Takeover and node of everything that settled since this was asked last.
  [[nodiscard]] std::vector<std::pair<uint64_t, std::string>> take_settled();
  // A node that was held waits for its turn again; and who did since this was asked last.
  void stand_in_line(uint64_t number, const std::string& node);
  [[nodiscard]] std::vector<std::pair<uint64_t, std::string>> take_returned();
  // Somebody was told just now: from here on it has the takeover's whole timeout.
  void extend(uint64_t number, Now now);
  [[nodiscard]] bool any_overdue(Now now) const;
  [[nodiscard]] std::vector<uint64_t> overdue(Now now) const;
  // Nobody else is told; who was told still ends by itself and is recorded. Resumable.
  void stop(uint64_t number, Fact why, Now now);
  void finish(uint64_t number, Now now);
  // Those that wait for nobody any more.
  [[nodiscard]] std::vector<uint64_t> settled_numbers() const;
  // A node that was given up as down came back.
  void wait_again(const Row& row);
  // Something is to be seen of a node that is waited for.
  void owe_progress(const std::string& node, Now now);

  void tick(Now now);
  // tick() wants to be called by then; not later than `latest`.
  [[nodiscard]] MonotonicTime next_tick(MonotonicTime latest) const;

 private:
  struct Running {
    MonotonicTime deadline;
    std::set<std::string> waiting;
    std::set<ClientId> followers;
    MonotonicTime progress_due;  // not more than one progress line in kProgressMs
    bool progress_owed = false;
  };

  void owe_progress(Running& running, Now now);
  void say_progress(uint64_t number, Running& running, Now now);
  [[nodiscard]] ProgressAnswer progress_of(const Takeover& takeover, const Running& running,
                                           Now now) const;
  // It ends in this state: explains what is still open, and says the end to those who look on.
  void close(uint64_t number, TakeoverState state, Fact why, Now now);
  void explain_why_open(const Takeover& takeover, TakeoverState state, TakeoverNode& node,
                        Now now) const;

  Ledger& ledger_;
  const Fleet& fleet_;
  Outbox& outbox_;
  std::map<uint64_t, Running> running_;
  std::vector<std::pair<uint64_t, std::string>> settled_;
  std::vector<std::pair<uint64_t, std::string>> returned_;
};

}  // namespace sn::coordinator
