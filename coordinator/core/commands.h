// What an administrator can ask of the coordinator, and what is answered. Plain values between the
// control shell (JSON on a UNIX socket) and the core.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/model/life.h"
#include "common/model/server_state.h"
#include "coordinator/core/state.h"
#include "coordinator/core/takeover/summary.h"

namespace sn::coordinator {

using ClientId = uint64_t;  // one connection of the control socket

// ---------------------------------------------------------------- asked

struct TakeoverCommand {
  std::string from;
  std::string to;                  // empty: each node's own backup
  std::vector<std::string> nodes;  // empty: every node bound to `from`
  bool planned = false;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  bool dry_run = false;  // `snctl plan`: stop after the preflight
  bool confirm = false;  // wait for ConfirmCommand after the plan was answered
  uint32_t timeout_ms = 60'000;
  std::string by;
  bool rehearse = false;  // with dry_run: the nodes stage what they would do, and take it away
  Waves waves = {};
  // A failback: the number of the takeover that is taken back; `from` and `to` are empty then.
  uint64_t undoes = 0;
  // A failback of a whole incident: every node that was moved off this service node, by whatever
  // takeovers, goes back by its own record. `undoes` is then the coordinator's to fill.
  std::string back_to = {};
  // Only nodes that an older takeover was to move and did not.
  bool rest = false;
  std::vector<std::string> without = {};  // of the nodes, but not these
  // Who types it vouches that the service node is off or isolated, whatever shows life. Recorded.
  bool fenced = false;
  // Also to a target that does not answer where nodes will ask it for names or files. Recorded.
  bool force = false;
  bool brief = false;  // answers leave out what a person need not read (PlainParts)
};
// The answer to the question under a plan. Only from the client that asked for it.
struct ConfirmCommand {
  bool go = false;
  bool fenced = false;  // with it: as TakeoverCommand::fenced
};
// Stops sending: a node that was not told stays where it is; a node that was told finishes.
struct AbortCommand {
  std::string takeover;
  std::string by;
};
// Tells anew every node of it that is not verified, in waves; answered as a takeover.
struct ResumeCommand {
  std::string takeover;
  std::string by;
  std::vector<std::string> nodes = {};    // empty: all that are left
  std::vector<std::string> without = {};  // but not these
  std::vector<StuckPolicy> stuck = {};    // for them from now on; at most one
  bool brief = false;                     // as TakeoverCommand::brief
};
// What kept a node in quarantine is mended: the node looks again.
struct ClearNodeCommand {
  std::string node;
  std::string by;
};
// A drift is meant so: these nodes are fine again, until another drift.
struct AckCommand {
  std::vector<std::string> nodes;
  std::string by;
};
struct StatusCommand {
  bool brief = false;  // nodes that are fine are counted, and not named (StatusAnswer::plain)
};
struct HistoryCommand {};
struct ShowCommand {
  std::string takeover;  // "T17"
  bool brief = false;    // as TakeoverCommand::brief
};
// Follows one takeover to its end (StartedAnswer, then ProgressAnswer..., then TakeoverAnswer), or,
// with an empty id, every event of the feed until the client goes.
struct WatchCommand {
  std::string takeover;
  bool brief = false;  // as TakeoverCommand::brief
};
struct FreezeCommand {
  bool frozen = true;
  std::string by;
};
struct MendTableCommand {
  std::string by;
};
struct ClearServiceNodeCommand {
  std::string service_node;
  std::string by;
  bool confirm = false;  // one that does not answer is asked about: ConfirmCommand
};
struct AddKeyCommand {
  std::string node;
  std::string public_key;
  std::string by = {};
};
// Of these nodes the keys that knock.
struct AcceptKeysCommand {
  std::vector<std::string> nodes;
  std::string fingerprint;  // the beginning of the one that is meant; empty: there is only one
  std::string by = {};
};
struct RejectKeysCommand {
  std::vector<std::string> nodes;
  std::string fingerprint;  // as of AcceptKeysCommand
  std::string by = {};
};
struct ListPendingKeysCommand {};
struct ListKeysCommand {};
struct RevokeKeyCommand {
  std::string node;
  std::string by = {};
};
// Who may read the feed over TCP, besides.
struct AddFeedKeyCommand {
  std::string name;
  std::string public_key;
  std::string by = {};
};
struct RevokeFeedKeyCommand {
  std::string name;
  std::string by = {};
};
using Command =
    std::variant<TakeoverCommand, ConfirmCommand, StatusCommand, HistoryCommand, ShowCommand,
                 WatchCommand, FreezeCommand, ClearServiceNodeCommand, AddKeyCommand,
                 ListKeysCommand, RevokeKeyCommand, AbortCommand, ResumeCommand, ClearNodeCommand,
                 AckCommand, MendTableCommand, AcceptKeysCommand, RejectKeysCommand,
                 ListPendingKeysCommand, AddFeedKeyCommand, RevokeFeedKeyCommand>;

// It tells what is known, costs no node anything, and changes nothing.
[[nodiscard]] bool only_reads(const Command& command);

// ---------------------------------------------------------------- answered

// Nothing was changed. exit 3 for a refusal, 1 for an error.
struct RefusalAnswer {
  Fact reason;
  Cure cure;
  int exit_code = 3;
};

// A question that a ConfirmCommand answers.
struct QuestionAnswer {
  Fact what;  // "SN1P does not answer (silent on 11 ports for 1000 ms); mark it up although"
};

struct DoneAnswer {
  std::string text;  // for people (wording.h): "frozen", "SN1P is up again; 1 node held: cn008"
};

// Nodes whose plans a person would call the same.
struct PlanGroup {
  std::string id;  // "A", "B", ...
  std::vector<std::string> nodes;
  Outlook outlook = Outlook::down;
  std::string to;
  Fact reason;  // of blocked, silent and down
  Cure cure;
  // Of the first node; in observe mode what it would do, though the group is blocked.
  wire::PlanSummary plan;
  std::vector<ServiceSighting> unready = {};  // needed at `to`, and not served there
};

// What nodes will ask their new service nodes for, and how these answered them.
struct Readiness {
  ServicePort service;
  size_t ok = 0;
  size_t silent = 0;   // or nobody listens there
  size_t failing = 0;  // answers, and serves nobody
  size_t unknown = 0;  // UDP that need not answer
};

// Nodes that a takeover which has not ended still waits for.
struct InHand {
  std::string takeover;  // "T17"
  std::vector<std::string> nodes;
};

struct PlanAnswer {
  std::string from;
  std::string to;  // empty: several targets
  bool planned = false;
  bool fenced = false;
  size_t nodes = 0;
  std::vector<PlanGroup> groups;
  std::vector<Stray> strays;
  // Which service nodes show life, and to how many nodes that were asked.
  size_t from_seen_alive_by = 0;
  size_t from_asked = 0;
  std::string from_evidence;        // the coordinator's own
  Life from_life = Life::unasked;   // the strongest sign that anybody saw
  std::string from_sign = {};       // how: "answers ping, silent on 11 ports for 1000 ms"
  std::string from_by = {};         // the node that saw it; empty: the coordinator
  std::string from_mac = {};        // of what answered
  std::string power = {};           // what the site's power_status said of it; empty: not asked
  bool off = false;                 // by that: no sign of life counts
  int64_t from_silent_unix_ms = 0;  // since then; 0: not known
  size_t to_seen_alive_by = 0;
  size_t to_asked = 0;
  std::vector<Readiness> to_services = {};  // by service
  size_t to_nodes_now = 0;                  // bound to the target now
  size_t to_nodes_after = 0;                // and afterwards
  bool asks = false;                        // a ConfirmCommand is waited for
  std::string options;       // that the plan was made with: " --to SN3P --nodes 'cn[001-008]'"
  bool frozen = false;       // nothing would be sent
  bool rehearsed = false;    // staged on the nodes, and taken away again
  uint64_t undoes = 0;       // of a failback
  std::string back_to = {};  // of a failback of a whole incident
  // The nodes that a failback does not move: they are back already, or were decided otherwise
  // since.
  std::vector<std::string> left_alone = {};
  std::vector<InHand> under_way = {};  // so already, and so not moved by this one
  std::vector<InHand> taken_over =
      {};  // on other terms: these are moved, and the older one lets go
};

// It has begun, or goes on: what there is to say of it without its nodes.
struct StartedAnswer {
  TakeoverSummary summary;
};

// The whole takeover; sent at its end, and for show.
struct TakeoverAnswer {
  ShownTakeover takeover;
  bool frozen = false;
  int exit_code = 0;
};

struct ProgressAnswer {
  std::string takeover;
  size_t done = 0;
  size_t of = 0;
  size_t offline = 0;  // of those not done
  // Nodes that are not done and wait for something on the node; the first of them, and what it
  // waits for.
  size_t delayed = 0;
  std::string delayed_node = {};
  Fact delay = {};
  size_t next = 0;  // of those not done: queued
  // The canaries under way: their ends decide whether the other nodes go.
  std::vector<std::string> canaries = {};
  // The node that has been at it for longest and has not ended; of no such node, the one that took
  // longest. Empty: none was told since the takeover began, or was resumed.
  std::string slowest = {};
  int64_t slowest_told_unix_ms = 0;
  int64_t slowest_ended_unix_ms = 0;  // 0: it has not
};

// How one node sees one of the NFS servers it depends on, by asking it.
struct SeenServer {
  std::string address;
  uint32_t port = 0;
  std::string owner;  // a service node's or external NFS server's name; empty: nobody we know
  ServerState state = ServerState::unknown;
  int64_t since_unix_ms = 0;
  std::string evidence;
  std::string unanswered;  // what the node's kernel still waits for; empty: nothing known
  uint32_t mounts = 0;
  bool critical = false;
};

// How this machine sees a server: it may have no way to it at all.
enum class SeenFrom : uint8_t { unknown, answering, silent };

}  // namespace sn::coordinator

namespace sn {

template <>
struct Words<coordinator::SeenFrom> {
  static constexpr Word<coordinator::SeenFrom> kAll[] = {
      {coordinator::SeenFrom::unknown, "unknown"},
      {coordinator::SeenFrom::answering, "answering"},
      {coordinator::SeenFrom::silent, "silent"},
  };
};

}  // namespace sn

namespace sn::coordinator {

// An NFS server, by what the connected nodes that use it say.
struct NfsServerStatus {
  std::string address;
  uint32_t port = 0;
  std::string owner;
  size_t nodes = 0;
  size_t critical_for = 0;  // of them: they hang without it
  size_t answering = 0;
  size_t slow = 0;
  size_t suspicious = 0;
  size_t silent = 0;
  int64_t silent_since_unix_ms = 0;  // the first node's; 0: none
  std::string evidence;              // of the silence, else the coordinator's own
  SeenFrom here = SeenFrom::unknown;
};

// A node as status shows it.
struct NodeStatus {
  std::string node;
  // Of its present assignment (node_record.h), as it is to be read now.
  std::string service_node;
  // Where it is, which is where it counts: what has not moved is still on the one that it leaves.
  std::string on;
  uint64_t generation = 0;
  AssignmentState state = AssignmentState::observed;
  std::string takeover;           // "T17"; empty: none
  std::vector<std::string> from;  // still to be left
  Verdict verdict = Verdict::none;
  Fact reason;
  Cure cure;
  bool connected = false;
  bool ever_seen = false;
  int64_t seen_unix_ms = 0;  // last message
  std::string path;
  std::string mode;
  std::string version;
  Fact busy;
  std::vector<wire::Binding> bindings;  // re-observed
  std::vector<NfsMount> mounts;
  std::vector<SeenServer> servers;
  Fact notice;  // conflict, drift, observe mode, foreign directory...
  Cure notice_cure;
  Fact acknowledged;  // the drift that is not a notice any more
};

// How a service node is seen now (life/life_watch.h).
struct LifeStatus {
  Life life = Life::unasked;  // the strongest sign that anybody saw; unasked: it is not known
  int64_t since_unix_ms = 0;
  size_t asked = 0;           // nodes that looked lately
  size_t alive_by = 0;        // of them, that saw any sign of life since
  Life here = Life::unasked;  // this machine's own view
  std::string evidence;       // of the strongest sign: "10.1.1.100:22 connected"
  std::string by;             // the node that saw it; empty: this machine
  std::string mac;
  size_t flaps = 0;  // how often it fell silent in the last hour
};

// Of the nodes that are on it, wherever they are to go.
struct ServiceNodeStatus {
  ServiceNodeRecord record;
  size_t nodes = 0;
  size_t verified = 0;
  size_t partly = 0;
  size_t blocked = 0;
  size_t failed = 0;
  size_t pending = 0;
  size_t held = 0;
  LifeStatus life;
};

// What the coordinator can still write.
struct Disk {
  std::string place;      // its state_dir
  uint64_t free_mib = 0;  // there, for it
  uint64_t wanted_mib = 0;
  bool full = false;  // nothing is begun that writes
  bool operator==(const Disk&) const = default;
};

struct StatusAnswer {
  int64_t now_unix_ms = 0;
  int64_t up_since_unix_ms = 0;
  Freeze freeze;
  Disk disk;
  std::vector<ServiceNodeStatus> service_nodes;
  std::vector<NodeStatus> nodes;
  // Nodes that are not among them: connected, where they belong, and nothing is to be said of them;
  // and their number by path.
  size_t plain = 0;
  std::map<std::string, size_t> plain_paths = {};
  std::vector<NfsServerStatus> nfs_servers;
  std::optional<TakeoverSummary> last;  // the newest takeover
  uint64_t feed_serial = 0;
  std::string feed_epoch;
};

struct HistoryAnswer {
  std::vector<TakeoverSummary> takeovers;  // newest first
};

struct KeysAnswer {
  std::vector<NodeKey> keys;
  std::vector<FeedKey> feed_keys;  // by name
};

// A key that knocks and is not let in.
struct PendingKey {
  std::string node;  // as it says
  std::string public_key;
  std::string from;  // an address
  Fact why;
  int64_t since_unix_ms = 0;
  bool operator==(const PendingKey&) const = default;
};
struct PendingAnswer {
  std::vector<PendingKey> keys;  // by node
};

// One event of the status feed (PROTOCOL.md section 7).
struct Event {
  std::string epoch;    // of this coordinator process
  uint64_t serial = 0;  // 1, 2, 3... within the epoch
  int64_t unix_ms = 0;
  std::string id;    // stable: "SN0312"
  std::string what;  // "node_verified", "takeover_started"
  std::string takeover;
  std::string node;
  std::string service_node;
  std::string text;  // for people (wording.h)
};

using Answer = std::variant<RefusalAnswer, DoneAnswer, QuestionAnswer, PlanAnswer, TakeoverAnswer,
                            ProgressAnswer, StatusAnswer, HistoryAnswer, KeysAnswer, Event,
                            StartedAnswer, PendingAnswer>;

// As typed behind it, quoted for a shell: " --to SN3P --nodes 'cn[001-008]' --planned".
[[nodiscard]] std::string options_of(const TakeoverCommand& command);
// What to type for it: "snctl takeover SN1P --nodes 'cn[001-008]' --planned", "snctl failback T17",
// "snctl failback SN1P".
[[nodiscard]] std::string command_line(const TakeoverCommand& command);

}  // namespace sn::coordinator
