// Whose turn it is among nodes that are told because they connected, and not by the waves of their
// takeover: they were down, or a power cut brought them all back at once. One whose plan nobody has
// seen goes alone, until one like it ended well; of all of them as many at a time as the takeover's
// window. Whoever hangs gives its place up.
//
// Of this process alone: nodes say hello to the next one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/fleet.h"
#include "coordinator/core/ledger.h"

namespace sn::coordinator {

// A node that is told and does not end keeps nobody waiting for longer: five times what a node at
// work is silent between two beats.
inline constexpr int64_t kPlaceMs = 15'000;

// The node was down, or said no plan in time.
[[nodiscard]] inline bool has_no_plan(const Assignment& part) {
  return part.outlook == Outlook::silent || part.outlook == Outlook::down;
}

class LateNodes {
 public:
  LateNodes(const Ledger& ledger, const Fleet& fleet) : ledger_(ledger), fleet_(fleet) {}

  // The node is connected, released, and not at its end, in a takeover that is on record.
  // take_due() says when it is to be told.
  void arrive(const Assignment& present);
  // Nodes whose turn has come, each once; they count as told from now on. `look`: some that were
  // told may have ended, or have had their time.
  [[nodiscard]] std::vector<std::string> take_due(bool look, Now now);
  // It is in the line, and nobody else is to tell it.
  [[nodiscard]] bool waits(const std::string& node) const;

 private:
  struct Told {
    MonotonicTime since;
    bool unseen = false;  // nobody has seen its plan
    // Of an earlier try, when it was told: what it ends with is another one.
    Verdict verdict = Verdict::none;
    int64_t ended_unix_ms = 0;
  };
  // Of one takeover.
  struct Line {
    std::set<std::string> waiting;
    std::set<std::string> unseen;  // waiting, and nobody has seen their plan
    std::map<std::string, Told> told;
    bool proven = false;  // one that was unseen ended well
  };

  [[nodiscard]] Line line_of(const Takeover& takeover) const;
  void note_ends(const Takeover& takeover, Line& line, Now now) const;
  void take_due(const Takeover& takeover, Line& line, std::vector<std::string>& due, Now now) const;
  [[nodiscard]] bool still_waits(const Takeover& takeover, const std::string& node) const;

  const Ledger& ledger_;
  const Fleet& fleet_;
  std::map<uint64_t, Line> lines_;  // by takeover
};

}  // namespace sn::coordinator
