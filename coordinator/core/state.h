// What the coordinator must never forget: the nodes' histories, whose newest assignments are the
// desired table, the states of the service nodes, and the takeovers. Plain values; the store keeps
// them, the core owns them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/shared.h"
#include "common/facts/text.h"
#include "common/facts/words.h"
#include "common/model/reference.h"
#include "coordinator/core/node_record.h"

namespace sn::coordinator {

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
  std::string belongs_to;  // by the table; empty: it is not in it
  uint32_t references = 0;
  bool operator==(const Stray&) const = default;
};

// What every node of a group of the plan that was confirmed was shown to change, and what was
// found: the lines of the group's first node. A node that did as planned does not say its own.
struct KeptPlan {
  std::string group;  // "A"
  std::vector<PlannedChange> changes;
  std::vector<Finding> findings;  // is_settled_by_plan()
  bool operator==(const KeptPlan&) const = default;
};
// A plan of more groups than a person would read, or of more text than is worth keeping: nodes of
// the others say all their lines.
inline constexpr size_t kMaxKeptPlans = 64;
inline constexpr size_t kMaxKeptPlanBytes = 1024 * 1024;

// What lists show of a takeover whose parts are in the files (takeover/filing.h).
struct Filed {
  struct Count {
    Verdict verdict = Verdict::none;
    uint64_t nodes = 0;
    bool operator==(const Count&) const = default;
  };
  std::vector<std::string> targets;
  uint64_t nodes = 0;
  std::vector<Count> counts;
  uint64_t exit_code = 0;
  bool operator==(const Filed&) const = default;
};

// What a takeover is, without its nodes.
struct TakeoverHeader {
  uint64_t number = 0;  // 17 is shown as "T17"
  std::string from;     // of a failback of several: their names, joined by ','
  uint64_t undoes = 0;  // the number of the takeover that this failback takes back; 0: none
  // It takes back everything that was moved off this service node; `undoes` is the newest of the
  // takeovers that did. Empty: it takes back one takeover, or is none.
  std::string back_to = {};
  Terms terms;
  bool fenced = false;  // who typed it vouched that `from` is off or isolated
  bool forced = false;  // also to a target without the services that its nodes need
  std::string by;       // who typed it
  int64_t started_unix_ms = 0;
  int64_t finished_unix_ms = 0;
  uint32_t timeout_ms = 0;
  TakeoverState state = TakeoverState::running;
  Waves waves = {};
  Fact why;                     // it was stopped or aborted
  int64_t resumed_unix_ms = 0;  // the last time; 0: never. Failures before it do not count
  std::vector<Stray> strays;    // name `from` without belonging to it
  Shared<std::vector<KeptPlan>> plans = {};  // of one that is filed: in the files
  std::vector<Filed> filed = {};             // at most one; then no node's history has a part of it

  // nullptr: none is kept.
  [[nodiscard]] const KeptPlan* plan_of(const std::string& group) const;
  [[nodiscard]] std::string id() const { return takeover_id(number); }
  bool operator==(const TakeoverHeader&) const = default;
};

// What a node changed and found, in its own words or, where it did as planned, in its group's.
[[nodiscard]] const std::vector<PlannedChange>& changes_of(const TakeoverHeader& takeover,
                                                           const Assignment& part);
[[nodiscard]] std::vector<Finding> findings_of(const TakeoverHeader& takeover,
                                               const Assignment& part);

struct Takeover : TakeoverHeader {
  // That have a part in it: NodeRecord::part_of. Of one that is filed: none.
  std::set<std::string> nodes;

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

// What an administrator said about a node's drift: it is meant so. It stands for this drift only.
struct Acknowledgement {
  std::string node;
  Fact drift;  // as status shows it (status.h)
  std::string by;
  int64_t since_unix_ms = 0;
  bool operator==(const Acknowledgement&) const = default;
};

inline constexpr size_t kPublicKeyLength = 40;  // of 32 bytes in Z85 (RFC 32)

// An authorised CURVE public key, or one that was and was revoked: then no policy lets the node in,
// until a person does.
struct NodeKey {
  std::string node;
  std::string public_key;  // Z85, 40 characters
  int64_t added_unix_ms = 0;
  std::string how = {};  // "address 10.1.1.7", "by root"
  bool revoked = false;
  bool operator==(const NodeKey&) const = default;
};

// A subscriber's key, who may read the feed over TCP.
struct FeedKey {
  std::string name;
  std::string public_key;  // Z85, 40 characters
  int64_t added_unix_ms = 0;
  std::string by = {};
  bool operator==(const FeedKey&) const = default;
};

// Everything durable.
struct State {
  std::map<std::string, NodeRecord> nodes;  // by name
  std::map<std::string, ServiceNodeRecord> service_nodes;
  std::map<uint64_t, Takeover> takeovers;
  Freeze freeze;
  uint64_t epoch = 0;  // of the coordinator that led last: each that begins to has a new one
  uint64_t last_generation = 0;
  std::vector<NodeKey> keys;
  std::map<std::string, FeedKey> feed_keys;                 // by name
  std::map<std::string, Acknowledgement> acknowledgements;  // by node

  // Appends or replaces it, and makes the node one of its takeover's, which must be known.
  void put(Assignment assignment);
  // A record without assignments is gone.
  void drop(const std::string& node, uint32_t serial);
};

// ---------------------------------------------------------------- questions to it

// An end of a node's way, as far as a takeover waits for one.
[[nodiscard]] bool is_final(Verdict verdict);
// A node's end is what its plan promised, or better. So is one that needs a decision: that is no
// failure of the plan.
[[nodiscard]] bool as_planned(const Assignment& part);
// "T17" or "t17" is 17; nullopt: not an id.
[[nodiscard]] std::optional<uint64_t> takeover_number(std::string_view id);
// By its id, "T17", in any case of letters. nullptr: there is none.
[[nodiscard]] const Takeover* find_takeover(const State& state, std::string_view id);
// Of the table. nullptr: the node is not in it.
[[nodiscard]] const NodeRecord* find_node(const State& state, const std::string& node);
// Of no order that any node obeys after a boot (kMostGenerationStep).
[[nodiscard]] bool is_beyond_any(uint64_t generation);
// The next order would be no newer: to decide anew does not help.
[[nodiscard]] bool is_beyond_next(const State& state, uint64_t generation, WallTime now);
// The next order would be beyond any (snctl table mend).
[[nodiscard]] bool has_spent_generations(const State& state);
// Every node of it, by name.
[[nodiscard]] std::vector<const NodeRecord*> table_of(const State& state);
// The takeover that made the assignment; nullptr: none, or it is not known any more.
[[nodiscard]] const Takeover* takeover_of(const State& state, const Assignment& assignment);
// Its id; "": none.
[[nodiscard]] std::string takeover_id_of(const Assignment& assignment);
// The node's part in a takeover; nullptr: it has none.
[[nodiscard]] const Assignment* part_of(const State& state, uint64_t takeover,
                                        const std::string& node);
// The parts of all its nodes, by name.
[[nodiscard]] std::vector<const Assignment*> parts_of(const State& state, const Takeover& takeover);
// The node's present assignment, if it is this takeover's: neither another one's since, nor given
// back. nullptr: it is not.
[[nodiscard]] const Assignment* present_of(const State& state, uint64_t takeover,
                                           const std::string& node);
// The takeover that has not ended and still waits for the node's end; nullptr: none.
[[nodiscard]] const Takeover* waiting_for(const State& state, const NodeRecord& node);
// It is held because the node is in quarantine, and for nothing else.
[[nodiscard]] bool is_held_quarantined(const Assignment& present);
// It is held because what it would do is not what was confirmed: `snctl resume --nodes` takes it
// up.
[[nodiscard]] bool is_held_for_its_plan(const Assignment& present);
// Up, if nothing is known of it.
[[nodiscard]] ServiceNodeState state_of(const State& state, const std::string& service_node);
// Marked failed or in maintenance: late nodes move away from it by themselves.
[[nodiscard]] bool left_behind(const State& state, const std::string& service_node);
// A released node may be told: its takeover is not over, or something it leaves is left behind.
[[nodiscard]] bool may_converge(const State& state, const Assignment& present);

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
// Of a takeover that is put before it.
struct PutAssignment {
  Assignment assignment;
};
struct DropAssignment {
  std::string node;
  uint32_t serial = 0;
};
struct PutServiceNode {
  ServiceNodeRecord record;
};
struct PutTakeover {
  TakeoverHeader header;
};
// Into the files: nothing that a start reads.
struct FileTakeover {
  TakeoverHeader header;
};
struct FileParts {
  uint64_t takeover = 0;
  uint64_t piece = 0;  // 1, 2, ...
  std::vector<TakeoverPart> parts;
};
// A finished one that nothing refers to any more, with its strays and files.
struct DropTakeover {
  uint64_t takeover = 0;
};
struct PutFreeze {
  Freeze freeze;
};
struct PutGeneration {
  uint64_t last_generation = 0;
};
struct PutEpoch {
  uint64_t epoch = 0;
};
struct PutKey {
  NodeKey key;
};
struct DropKeys {  // every key of a node
  std::string node;
};
struct PutFeedKey {
  FeedKey key;
};
struct DropFeedKey {
  std::string name;
};
struct PutAcknowledgement {
  Acknowledgement acknowledgement;
};
struct DropAcknowledgement {
  std::string node;
};
using StoreChange =
    std::variant<PutAssignment, DropAssignment, PutServiceNode, PutTakeover, DropTakeover,
                 PutFreeze, PutGeneration, PutKey, DropKeys, PutAcknowledgement,
                 DropAcknowledgement, PutEpoch, FileTakeover, FileParts, PutFeedKey, DropFeedKey>;

}  // namespace sn::coordinator
