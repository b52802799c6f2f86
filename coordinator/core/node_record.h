// One node's history: which service node it was assigned to, by which takeover, and what came of
// it. Its newest assignment is the desired table's word about the node; a takeover's part of the
// node is a look-up; the way back is a walk. Plain values; the ledger is their only writer.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/facts/words.h"
#include "common/model/reference.h"
#include "common/wire/messages.h"

namespace sn::coordinator {

enum class AssignmentState : uint8_t {
  observed,  // seeded by the inventory; nothing is ever sent for it
  held,      // needs a decision; nothing is sent
  queued,    // its turn in the takeover's waves has not come; nothing is sent
  released,  // the node is to be moved whenever it can be reached
  // Only on record: the takeover could not move the node, or held it for what is over since.
  without_effect,
  gone,  // the node left the inventory, and was never moved: it is not in the table
};

}  // namespace sn::coordinator

namespace sn {

template <>
struct Words<coordinator::AssignmentState> {
  static constexpr Word<coordinator::AssignmentState> kAll[] = {
      {coordinator::AssignmentState::observed, "observed"},
      {coordinator::AssignmentState::held, "held"},
      {coordinator::AssignmentState::queued, "queued"},
      {coordinator::AssignmentState::released, "released"},
      {coordinator::AssignmentState::without_effect, "without_effect"},
      {coordinator::AssignmentState::gone, "gone"},
  };
};

}  // namespace sn

namespace sn::coordinator {

// On which terms a node is moved (PROTOCOL.md, Rebind).
struct Terms {
  bool planned = false;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  bool operator==(const Terms&) const = default;
};

// One thing that happened to one node in a takeover.
struct LogLine {
  int64_t unix_ms = 0;
  Fact what;
  bool operator==(const LogLine&) const = default;
};
// A node whose log is longer has a trouble that its newest lines show as well.
inline constexpr size_t kMaxLogLines = 32;

// One decision about one node, and what came of it.
struct Assignment {
  std::string node;
  uint32_t serial = 0;  // rises within the history of a node; 0: not in one yet
  // That made it; 0: the inventory did, or a takeover that is not known any more (ledger.h).
  uint64_t takeover = 0;
  // Under which the node is told; 0: none was given out for it.
  uint64_t generation = 0;
  // An abort gave back what this one of before had decided; 0: it is a decision of its own.
  uint32_t restores = 0;
  // What the node is to be bound to. Empty: nothing was decided, the node belongs where it did.
  std::string to;
  // Every service node assigned since the last verified arrival: what a Rebind must remove.
  std::vector<std::string> from;
  // It was verified since it was made, and nothing that the node said after it takes that back:
  // `from` is its past, and no longer to be removed.
  bool arrived = false;
  uint64_t undo = 0;  // a failback: the generation whose work the node takes back; 0: none
  Terms terms;
  std::string group;                // of the plan that was shown: "A"
  std::string plan_hash;            // of that plan (PlanSummary::hash); empty: none was confirmed
  Outlook outlook = Outlook::down;  // in that plan
  bool canary = false;              // it went first, for its group

  AssignmentState state = AssignmentState::observed;
  Verdict verdict = Verdict::none;
  Fact reason;  // of a verdict that is not fine, and of one that is open
  Cure cure;
  int64_t told_unix_ms = 0;   // first Rebind sent; 0: not yet
  int64_t ended_unix_ms = 0;  // verdict reached; 0: not yet
  wire::Outcome outcome;      // the node's own words; default if none came
  std::vector<LogLine> log;
  bool operator==(const Assignment&) const = default;

  // `from`, until it has arrived.
  [[nodiscard]] const std::vector<std::string>& still_to_leave() const;
  // Nothing of it is open: it is the inventory's word, or it is verified.
  [[nodiscard]] bool is_settled() const;
  // Adds a line to the log; of a long one the second goes, so that its beginning stays.
  void note(int64_t unix_ms, Fact what);
};

// A takeover's part of a node as it is shown, and kept in the files.
struct TakeoverPart : Assignment {
  std::string previous;  // where the node belonged before; empty: unknown
  uint64_t since = 0;    // the takeover that the node has a part in by now; 0: this one, or none
  bool operator==(const TakeoverPart&) const = default;
};

struct NodeRecord {
  std::string node;
  std::vector<Assignment> assignments;  // newest last, never empty
  bool operator==(const NodeRecord&) const = default;

  // false: it is only on record, for the takeovers that named it.
  [[nodiscard]] bool in_table() const;
  // The newest that took effect. This and the next three: only of a node in the table.
  [[nodiscard]] const Assignment& present() const;
  // The newest that says what the node is to be bound to: the present one, or, while that one only
  // holds the node, one of before. nullptr: none is known.
  [[nodiscard]] const Assignment* decided() const;
  // What the node is to be bound to.
  [[nodiscard]] const std::string& service_node() const;
  // The newest that was given out for it; 0: it was never moved by us.
  [[nodiscard]] uint64_t generation() const;

  // A takeover's part of the node: the newest of its assignments (an abort may have given back an
  // older one). nullptr: it has none. `takeover` is not 0.
  [[nodiscard]] const Assignment* part_of(uint64_t takeover) const;
  // What `of` replaced; of one that was given back: what that one had replaced when it was made.
  // nullptr: nothing, or nothing that is still known.
  [[nodiscard]] const Assignment* before(const Assignment& of) const;
  // The newest of those that `of` replaced that says what the node was to be bound to.
  [[nodiscard]] const Assignment* decided_before(const Assignment& of) const;
  // Where the node belonged then; "": unknown.
  [[nodiscard]] std::string service_node_before(const Assignment& of) const;
  // The decision itself: `of`, or the one that it gave back. Never nullptr.
  [[nodiscard]] const Assignment* original(const Assignment& of) const;
  // Whose assignments are the present one, or can be again by an abort or an outcome.
  [[nodiscard]] std::set<uint64_t> takeovers_in_play() const;

  // ---- changes: each is also a StoreChange (state.h), made by the ledger
  // For an assignment that is appended.
  [[nodiscard]] uint32_t next_serial() const;
  // By its serial: replaces it, or appends it.
  void put(Assignment assignment);
  void drop(uint32_t serial);
};

// What is left of a history when a takeover that is not in play is forgotten: assignments that
// others still refer to stay, nameless and bare. A history has at most a handful of assignments
// for each takeover that is known.
struct Forgetting {
  std::vector<Assignment> bare;
  std::vector<uint32_t> dropped;  // serials
};
[[nodiscard]] Forgetting forgetting(const NodeRecord& record, uint64_t takeover);

}  // namespace sn::coordinator
