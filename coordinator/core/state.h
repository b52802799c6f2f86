// What the coordinator must never forget: the desired table, the states of the service nodes, and
// the takeovers. Plain values; the store keeps them, the core owns them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/facts/text.h"
#include "common/facts/words.h"
#include "common/model/reference.h"
#include "common/wire/messages.h"

namespace sn::coordinator {

enum class RowState : uint8_t {
  observed,  // seeded by the inventory; nothing is ever sent for it
  held,      // needs a decision; nothing is sent
  queued,    // its turn in the takeover's waves has not come; nothing is sent
  released,  // the node is to be moved to `service_node` whenever it can be reached
};

}  // namespace sn::coordinator

namespace sn {

template <>
struct Words<coordinator::RowState> {
  static constexpr Word<coordinator::RowState> kAll[] = {
      {coordinator::RowState::observed, "observed"},
      {coordinator::RowState::held, "held"},
      {coordinator::RowState::queued, "queued"},
      {coordinator::RowState::released, "released"},
  };
};

}  // namespace sn

namespace sn::coordinator {

// One node of the desired table: node -> (service node, generation, state).
struct Row {
  std::string node;
  std::string service_node;  // what the node is to be bound to
  uint64_t generation = 0;   // 0: never moved by us
  RowState state = RowState::observed;
  // Every service node assigned since the last verified binding; what a Rebind must remove.
  std::vector<std::string> from;
  std::string takeover;  // that wrote the row last; empty: none
  bool planned = false;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  uint64_t undo = 0;  // a failback: the generation whose work the node takes back; 0: none
  Verdict verdict = Verdict::none;
  Fact reason;  // of a verdict that is not fine
  Cure cure;
  bool operator==(const Row&) const = default;
};

enum class ServiceNodeState : uint8_t {
  up,
  suspect,      // something looks wrong; nothing follows from it
  failed,       // set by a takeover of a dead one, until `snctl sn clear`
  maintenance,  // set by a planned takeover, until `snctl sn clear`
};

}  // namespace sn::coordinator

namespace sn {

template <>
struct Words<coordinator::ServiceNodeState> {
  static constexpr Word<coordinator::ServiceNodeState> kAll[] = {
      {coordinator::ServiceNodeState::up, "up"},
      {coordinator::ServiceNodeState::suspect, "suspect"},
      {coordinator::ServiceNodeState::failed, "failed"},
      {coordinator::ServiceNodeState::maintenance, "maintenance"},
  };
};

}  // namespace sn

namespace sn::coordinator {

struct ServiceNodeRecord {
  std::string name;
  ServiceNodeState state = ServiceNodeState::up;
  int64_t since_unix_ms = 0;
  std::string takeover;  // that set it
  bool operator==(const ServiceNodeRecord&) const = default;
};

// One thing that happened to one node in a takeover.
struct LogLine {
  int64_t unix_ms = 0;
  Fact what;
  bool operator==(const LogLine&) const = default;
};
// A node whose log is longer has a trouble that its newest lines show as well.
inline constexpr size_t kMaxLogLines = 32;

// One node's part in one takeover.
struct TakeoverNode {
  std::string node;
  // What the row said before: what a failback returns to, and an abort puts back.
  std::string previous;
  RowState previous_state = RowState::observed;
  Verdict previous_verdict = Verdict::none;
  std::vector<std::string> previous_from;
  std::string previous_takeover;
  std::string to;
  std::vector<std::string> from;
  uint64_t generation = 0;
  // The generation under which the abort of a later takeover put the row back to what this one had
  // made of it; 0: none did.
  uint64_t restored_generation = 0;
  uint64_t undo = 0;                // as in Row
  std::string group;                // of the plan that was shown: "A"
  Outlook outlook = Outlook::down;  // in that plan
  bool canary = false;              // it went first, for its group
  Verdict verdict = Verdict::pending;
  Fact reason;
  Cure cure;
  int64_t told_unix_ms = 0;   // first Rebind sent; 0: not yet
  int64_t ended_unix_ms = 0;  // verdict reached; 0: not yet
  wire::Outcome outcome;      // the node's own words; default if none came
  std::vector<LogLine> log;
  bool operator==(const TakeoverNode&) const = default;

  // Adds a line to the log; of a long one the second goes, so that its beginning stays.
  void note(int64_t unix_ms, Fact what);
};

enum class TakeoverState : uint8_t {
  running,
  stopped,   // too much went wrong: nobody else is told until `snctl resume`
  aborted,   // by `snctl abort`: nobody else is ever told; who was told finishes
  finished,  // its late nodes still converge
};

}  // namespace sn::coordinator

namespace sn {

template <>
struct Words<coordinator::TakeoverState> {
  static constexpr Word<coordinator::TakeoverState> kAll[] = {
      {coordinator::TakeoverState::running, "running"},
      {coordinator::TakeoverState::stopped, "stopped"},
      {coordinator::TakeoverState::aborted, "aborted"},
      {coordinator::TakeoverState::finished, "finished"},
  };
};

}  // namespace sn

namespace sn::coordinator {

// In which order and how many nodes at a time.
struct Waves {
  uint32_t canary = 1;        // nodes of each plan group that go first and alone; 0: none
  uint32_t window = 200;      // nodes under way at a time; 0: no limit
  uint32_t max_failures = 5;  // nodes that end worse than planned, then it stops; 0: never
  bool operator==(const Waves&) const = default;
};

struct Stray {
  std::string node;
  std::string belongs_to;  // its row's service node; empty: not in the inventory
  uint32_t references = 0;
  bool operator==(const Stray&) const = default;
};

// What a takeover is, without its nodes.
struct TakeoverHeader {
  uint64_t number = 0;  // 17 is shown as "T17"
  std::string from;     // of a failback of several: their names, joined by ','
  uint64_t undoes = 0;  // the number of the takeover that this failback takes back; 0: none
  bool planned = false;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  std::string by;  // who typed it
  int64_t started_unix_ms = 0;
  int64_t finished_unix_ms = 0;
  uint32_t timeout_ms = 0;
  TakeoverState state = TakeoverState::running;
  Waves waves = {};
  Fact why;                     // it was stopped or aborted
  int64_t resumed_unix_ms = 0;  // the last time; 0: never. Failures before it do not count
  std::vector<Stray> strays;    // name `from` without belonging to it

  [[nodiscard]] std::string id() const { return takeover_id(number); }
  bool operator==(const TakeoverHeader&) const = default;
};

struct Takeover : TakeoverHeader {
  std::map<std::string, TakeoverNode> nodes;  // by node name

  [[nodiscard]] const TakeoverHeader& header() const { return *this; }
  bool operator==(const Takeover&) const = default;
};

// `snctl freeze`: while set nothing that changes a node is sent.
struct Freeze {
  bool frozen = false;
  std::string by;
  int64_t since_unix_ms = 0;
  bool operator==(const Freeze&) const = default;
};

// An authorised CURVE public key.
struct NodeKey {
  std::string node;
  std::string public_key;  // Z85, 40 characters
  int64_t added_unix_ms = 0;
  bool operator==(const NodeKey&) const = default;
};

// Everything durable.
struct State {
  std::map<std::string, Row> rows;
  std::map<std::string, ServiceNodeRecord> service_nodes;
  std::map<uint64_t, Takeover> takeovers;
  Freeze freeze;
  uint64_t last_generation = 0;
  std::vector<NodeKey> keys;
};

// ---------------------------------------------------------------- questions to it

// An end of a node's way, as far as a takeover waits for one.
[[nodiscard]] bool is_final(Verdict verdict);
// A node's end is what its plan promised, or better. So is one that needs a decision: that is no
// failure of the plan.
[[nodiscard]] bool as_planned(const TakeoverNode& node);
// "T17" or "t17" is 17; nullopt: not an id.
[[nodiscard]] std::optional<uint64_t> takeover_number(std::string_view id);
// By its id, "T17", in any case of letters. nullptr: there is none.
[[nodiscard]] const Takeover* find_takeover(const State& state, std::string_view id);
// The takeover that wrote the row last; nullptr: none, or it is not known any more.
[[nodiscard]] const Takeover* takeover_of(const State& state, const Row& row);
// The node's part in it; nullptr: none, or `takeover` is nullptr.
[[nodiscard]] const TakeoverNode* part_of(const Takeover* takeover, const std::string& node);
// The takeover that has not ended and still waits for the node's end; nullptr: none.
[[nodiscard]] const Takeover* waiting_for(const State& state, const Row& row);
// The row is still what this takeover made of it: neither another one's since, nor given back.
[[nodiscard]] bool is_of(const Row& row, const Takeover& takeover);
// The row is held because the node is in quarantine, and for nothing else.
[[nodiscard]] bool is_held_quarantined(const Row& row);
// Up, if nothing is known of it.
[[nodiscard]] ServiceNodeState state_of(const State& state, const std::string& service_node);
// Marked failed or in maintenance: late nodes move away from it by themselves.
[[nodiscard]] bool left_behind(const State& state, const std::string& service_node);
// A released row may be told: its takeover is not over, or something it leaves is left behind.
[[nodiscard]] bool may_converge(const State& state, const Row& row);

// Moves one node away from a service node that it should not name.
[[nodiscard]] Cure repair_of(const State& state, const std::string& service_node,
                             const std::string& node);
// The same, where leaving the node as it is may be right as well.
[[nodiscard]] Cure repair_or_leave(const State& state, const std::string& service_node,
                                   const std::string& node);
// Goes on with one node of a takeover that did not end well: resumes the takeover, or, if it was
// aborted, moves that node alone by a new one.
[[nodiscard]] Cure resume_or_move(const State& state, const Takeover& takeover,
                                  const std::string& node);

// ---------------------------------------------------------------- changes

// One durable decision. Many of them share one commit.
struct PutRow {
  Row row;
};
struct DropRow {  // a node that left the inventory and was never moved
  std::string node;
};
struct PutServiceNode {
  ServiceNodeRecord record;
};
// The nodes are put one by one.
struct PutTakeover {
  TakeoverHeader header;
};
struct PutTakeoverNode {
  uint64_t takeover = 0;
  TakeoverNode node;
};
// A finished one that nothing refers to any more, with its nodes and strays.
struct DropTakeover {
  uint64_t takeover = 0;
};
struct PutFreeze {
  Freeze freeze;
};
struct PutGeneration {
  uint64_t last_generation = 0;
};
struct PutKey {
  NodeKey key;
};
struct DropKeys {  // every key of a node
  std::string node;
};
using StoreChange = std::variant<PutRow, DropRow, PutServiceNode, PutTakeover, PutTakeoverNode,
                                 DropTakeover, PutFreeze, PutGeneration, PutKey, DropKeys>;

}  // namespace sn::coordinator
