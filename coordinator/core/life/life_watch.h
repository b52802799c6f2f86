// Every service node is watched all the time: by this machine each second, and by a few nodes in
// turn. What comes of it is shown and published; nothing else follows.
//
// A calm look is one ping and one ARP request: they cost the service node nothing and leave no line
// in any log. Its services are asked every half minute, and at once when the ping goes unanswered.
// One that this machine can't see is the nodes' to watch; they are asked more often then.
//
// A service that answers is believed at once, less than that of a silent one the second time. That
// there is less of it than before is doubted first: this machine looks again, at the services too,
// and nodes are asked; what they agree on holds. Volatile, as the fleet is: after a start
// everything is asked anew, and said not to be known.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/cluster_file.h"
#include "coordinator/core/commands.h"
#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"
#include "coordinator/core/life/fleet_sighting.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

// From death to the line in `status` in under 5 s: a second until the next look, one for its
// deadline, one for the look that confirms it.
inline constexpr int64_t kLookMs = 1'000;
inline constexpr uint32_t kLookDeadlineMs = 900;
// sshd writes a line about each connection that says nothing.
inline constexpr int64_t kServiceLookMs = 30'000;
// While no service answers, or nothing does.
inline constexpr int64_t kTroubleLookMs = 5'000;
// A doubt waits so long for the nodes that were asked.
inline constexpr int64_t kDoubtMs = 1'500;
// After one that proved wrong: where half of the nodes are cut off, the other half is not asked all
// the time.
inline constexpr int64_t kDoubtRestMs = 10'000;
// Nodes: so many at once, and each not again before.
inline constexpr int64_t kNodeTurnMs = 10'000;
inline constexpr size_t kNodesInTurn = 2;
inline constexpr int64_t kNodeRestMs = 60'000;
// Where this machine sees nothing, they are its eyes.
inline constexpr int64_t kEyesTurnMs = 2'000;
inline constexpr int64_t kEyesRestMs = 2'000;
// When it falls silent: enough to believe, few enough to be no storm.
inline constexpr size_t kNodesInDoubt = 128;
// What a node saw counts for so long.
inline constexpr int64_t kViewMs = 75'000;
// Nodes that are gone through in one turn to find the next ones.
inline constexpr size_t kNodesPassed = 1'024;
inline constexpr int64_t kFlapMs = 3'600'000;
inline constexpr size_t kMaxFlaps = 1'000;

class LifeWatch {
 public:
  // `requests`: the last number that was given to a question.
  LifeWatch(const Cluster& cluster, const Ledger& ledger, const Fleet& fleet, Outbox& outbox,
            uint64_t& requests)
      : cluster_(cluster), ledger_(ledger), fleet_(fleet), outbox_(outbox), requests_(requests) {}

  void tick(Now now);
  [[nodiscard]] MonotonicTime next_tick() const { return next_tick_; }
  // False: it was not asked here.
  bool on_probe(uint64_t request, const MachineSighting& seen, Now now);
  // A node's answer to a wire::Look of ours; false: it was not asked here.
  bool on_seen(const std::string& node, const wire::Seen& seen, Now now);

  // How it is seen now. Of a service node that nobody could ask: unasked.
  [[nodiscard]] LifeStatus status(const std::string& service_node, MonotonicTime now) const;

 private:
  struct View {
    MachineSighting seen;
    MonotonicTime at;
  };
  // Something that was seen alive is not any more, or less: asked about until it is settled.
  struct Doubt {
    MonotonicTime since;
    bool looked = false;  // this machine's look at its services ended
    size_t asked = 0;     // nodes
  };
  struct Watched {
    bool looking = false;  // this machine's look is out
    MonotonicTime next_look;
    MonotonicTime next_service_look;
    bool asks_services = false;  // the look that is out, or was the last
    MachineSighting here;
    bool ever_here = false;  // this machine saw it alive once
    // It answers no ping of this machine, though it lives: its services are asked instead.
    bool mute = false;
    bool ping_failed = false;           // the last one, and its services are asked now
    std::map<std::string, View> views;  // by node
    std::string last_asked;             // the node whose turn was last
    MonotonicTime next_turn;
    size_t silent_views = 0;  // in a row
    MonotonicTime next_doubt;
    std::optional<Doubt> doubt;
    Life life = Life::unasked;
    int64_t since_unix_ms = 0;
    MonotonicTime changed;
    std::deque<MonotonicTime> flaps;  // it fell silent
  };

  void look(const std::string& name, Watched& watched, Now now);
  void ask_nodes(const std::string& name, Watched& watched, size_t count, int64_t rest_ms, Now now);
  [[nodiscard]] bool may_ask(const std::string& node, const std::string& service_node) const;
  // Not while another one lasts, or too soon after one that proved wrong. `looked`: this machine's
  // own look is part of what raised it.
  void begin_doubt(const std::string& name, Watched& watched, bool looked, Now now);
  void settle_doubt(const std::string& name, Watched& watched, Now now);
  void become(const std::string& name, Watched& watched, Life life, Now now);
  [[nodiscard]] static FleetSighting sighting(const Watched& watched, MonotonicTime since);
  void forget_gone(Now now);

  const Cluster& cluster_;
  const Ledger& ledger_;
  const Fleet& fleet_;
  Outbox& outbox_;
  uint64_t& requests_;
  std::map<std::string, Watched> watched_;
  std::map<uint64_t, std::string> looks_;  // this machine's that are out
  struct Asked {
    uint64_t request = 0;
    MonotonicTime at;
  };
  std::map<std::string, Asked> asked_;  // nodes, when last
  MonotonicTime next_tick_;
};

}  // namespace sn::coordinator
