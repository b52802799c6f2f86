// Every message that crosses a process boundary: between snagentd's session and sncoordd, between
// the session and its executor, and between the executor and its children. common/PROTOCOL.md is
// the specification; this is its C++ face.
//
// Each direction is a closed type of its own (ToCoordinator, ToAgent, Verb, ToSession, FromChild):
// what a side may not say does not compile there, and is not decoded by the other side.
//
// Plain values. `fields` lists a message's map keys once, for encoding and decoding alike. Unknown
// keys are ignored, absent ones keep the default here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/model/life.h"
#include "common/model/nfs_mount.h"
#include "common/model/reference.h"
#include "common/model/server_state.h"
#include "common/model/service_node_entry.h"
#include "common/wire/pack.h"

namespace sn::wire {

inline constexpr uint32_t kProtocolVersion = 11;

// ---------------------------------------------------------------- parts

// How many references of role `move` name a service node.
struct Binding {
  std::string service_node;
  uint32_t references = 0;
  bool operator==(const Binding&) const = default;
};

// How a node sees a service node, at its address on the node's network.
struct Sighting {
  std::string service_node;
  MachineSighting seen;
  bool operator==(const Sighting&) const = default;
};

// How a node sees one of the NFS servers it depends on: by RPC NULL calls of its own, and by what
// its kernel's NFS client still waits for.
struct ServerSighting {
  std::string address;
  uint32_t port = 0;
  std::string owner;  // the service node's or external NFS server's name; empty: nobody we know
  ServerState state = ServerState::unknown;
  uint64_t since_ms = 0;   // how long ago this state began
  std::string evidence;    // "10.1.9.9:2049 answered in 0.8 ms", "... no connection for 1500 ms"
  std::string unanswered;  // "3 requests unanswered for 31 s"; empty: none is known to be
  uint32_t mounts = 0;     // of this node from there
  bool critical = false;   // one of them is: the node hangs without it
  bool operator==(const ServerSighting&) const = default;
};

// What a plan would do on one node.
struct PlanSummary {
  Outlook outlook = Outlook::nothing;
  // Of every change that would be made on this node, with what the files then hold; names the plan.
  // Empty: none was made, it was refused before that.
  std::string hash;
  std::string shape;  // equal of plans that do the same steps at the same places
  std::string group;  // equal on nodes whose plans differ in nothing a person would care about
  uint32_t references = 0;
  uint32_t places = 0;  // looked at: claimed files, routes, NFS mounts
  uint32_t files = 0;
  uint32_t routes = 0;
  uint32_t mounts = 0;               // to be swapped
  uint32_t restored = 0;             // of them all: put back exactly as they were (Rebind::undo)
  std::vector<std::string> reloads;  // service names
  // Where the node will ask the new service node for something, once it is moved.
  std::vector<ServicePort> needs;
  std::vector<PlannedChange> changes;
  std::vector<Finding> findings;
  bool operator==(const PlanSummary&) const = default;
};

// How a rebind ended on a node, re-observed and not from the plan's memory.
struct Outcome {
  std::string takeover;
  uint64_t generation = 0;
  std::string to;
  Verdict verdict = Verdict::none;
  uint32_t left = 0;            // references of role `move` to the from-set, and names in claimed
                                // files that no rule moves
  uint32_t places = 0;          // looked at for them: claimed files, routes, NFS mounts
  uint32_t kept = 0;            // kept on purpose
  uint32_t boot_time_only = 0;  // take effect at the next boot
  uint32_t unclaimed = 0;       // mentions that no rule owns
  uint32_t changed = 0;         // references changed by this rebind
  uint32_t restored = 0;        // files, routes and mounts put back exactly as they were
  uint32_t total_us = 0;
  uint32_t reload_us = 0;  // of total_us, spent on restarting services
  // PlanSummary::hash of the plan that was carried out, or that the node was held for; empty: none
  // was made. After an interruption it is that of what was left to do.
  std::string plan_hash;
  // Verified, and the changes are those of the plan that was confirmed (Rebind::kept_lines), each
  // and no other; what that plan said stays (is_settled_by_plan) does: of the findings these are
  // the last `planned_findings`. A node keeps both, and leaves them out of what it says.
  bool as_planned = false;
  uint32_t planned_findings = 0;
  std::vector<Finding> findings;
  std::vector<PlannedChange> changes;
  bool operator==(const Outcome&) const = default;
};

// Why a node refuses every command: it can't be right any more. It goes on answering.
struct Quarantine {
  Fact reason;  // empty: it is in none
  Cure cure;    // what is to be mended on the node before `snctl clear NODE`
  bool operator==(const Quarantine&) const = default;
};

// ---------------------------------------------------------------- agent to coordinator

// First message on every connection; a path counts only once it is answered by Welcome.
struct Hello {
  uint32_t protocol = kProtocolVersion;
  std::string node;
  std::string version;
  std::string boot_id;    // /proc/sys/kernel/random/boot_id
  std::string instance;   // random per session process
  std::string nonce;      // random per start of the executor: orders are for this one (Order)
  bool confined = false;  // its session can make no system call that it has no need of
  std::string mode;       // "observe" or "act"
  std::string path;       // the endpoint this connection was made to
  std::string directory_digest;
  uint64_t generation = 0;              // newest seen by the executor
  std::string generation_target;        // what that generation was for
  std::vector<Binding> bindings;        // re-observed
  std::vector<Outcome> last;            // at most one: the outcome of `generation`, if any
  Fact busy;                            // what the executor is doing now; empty: nothing
  std::vector<ServerSighting> servers;  // as in ServerHealthReport
  std::vector<Quarantine> quarantine;   // at most one
  bool operator==(const Hello&) const = default;
};

struct Beat {
  uint64_t serial = 0;
  uint64_t generation = 0;
  Fact busy;
  uint32_t busy_ms = 0;
  bool operator==(const Beat&) const = default;
};

// All references, on change and when asked by Observe.
struct Inventory {
  std::vector<Reference> references;
  std::vector<Binding> bindings;
  std::vector<Finding> findings;
  std::vector<NfsMount> mounts;  // every NFS mount, whoever's
  bool operator==(const Inventory&) const = default;
};

// All NFS mounts of the node: after every welcome, and within moments of a change.
struct Mounts {
  std::vector<NfsMount> mounts;
  bool operator==(const Mounts&) const = default;
};

// The plan of a Preflight or a Rehearse by its names only: nodes of one group have plans that a
// person would call the same, and the coordinator asks one of them for all of it (TellPlan).
struct PlanReport {
  uint64_t request = 0;
  std::vector<Sighting> sightings;
  // Of the PlanSummary.
  std::string hash;
  std::string shape;
  std::string group;
  bool operator==(const PlanReport&) const = default;
};

[[nodiscard]] inline PlanReport report_on(uint64_t request, std::vector<Sighting> sightings,
                                          const PlanSummary& plan) {
  return {request, std::move(sightings), plan.hash, plan.shape, plan.group};
}

// The answer to a TellPlan.
struct FullPlan {
  uint64_t request = 0;
  PlanSummary plan;
  bool operator==(const FullPlan&) const = default;
};

// The answer to a Look: how the node sees the service nodes that it has a way to.
struct Seen {
  uint64_t request = 0;
  std::vector<Sighting> sightings;
  bool operator==(const Seen&) const = default;
};

struct Accepted {
  std::string takeover;
  uint64_t generation = 0;
  bool operator==(const Accepted&) const = default;
};

struct Progress {
  std::string takeover;
  uint64_t generation = 0;
  Fact step;  // waiting_for_scripts is told at once, every other one with the next beat
  uint32_t done = 0;
  uint32_t of = 0;
  bool operator==(const Progress&) const = default;
};

struct OutcomeReport {
  Outcome outcome;
  std::vector<Binding> bindings;
  bool operator==(const OutcomeReport&) const = default;
};

// A file or route changed by somebody else.
struct Drift {
  std::string place;
  Fact detail;
  std::string service_node;  // a reference to it appeared; empty: none did
  std::vector<Binding> bindings;
  bool operator==(const Drift&) const = default;
};

// All NFS servers of the node, whenever one changes its state: what is not in it is not used any
// more.
struct ServerHealthReport {
  std::vector<ServerSighting> servers;
  bool operator==(const ServerHealthReport&) const = default;
};

// ---------------------------------------------------------------- coordinator to agent

// Of two coordinators that share a log only the one of the newest epoch leads; a restart begins a
// new one, too. A node that has heard a newer one obeys none of an older one: what it says was
// decided by somebody who has been replaced.
struct Welcome {
  uint32_t protocol = kProtocolVersion;
  uint64_t epoch = 0;
  uint64_t generation = 0;  // of this node's row
  uint32_t beat_interval_ms = 0;
  std::string directory_digest;
  bool operator==(const Welcome&) const = default;
};

struct BeatAck {
  uint64_t serial = 0;
  bool operator==(const BeatAck&) const = default;
};

// Ask for a plan and for how the node sees the two service nodes. Changes nothing.
struct Preflight {
  uint64_t request = 0;
  std::vector<std::string> from;
  std::string to;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  uint32_t probe_ms = 0;
  uint64_t undo = 0;                         // as in Rebind
  std::vector<ServiceNodeEntry> meant = {};  // as in Rebind
  bool planned = false;                      // as in Rebind
  uint64_t epoch = 0;                        // as in Welcome
  bool operator==(const Preflight&) const = default;
};

// Ask for all of a plan that was reported; a node keeps its newest few. Answered by FullPlan, or
// not at all.
struct TellPlan {
  uint64_t request = 0;  // the PlanReport's
  bool operator==(const TellPlan&) const = default;
};

// Another key claims to be this node's. Answered by a Beat, at once.
struct AreYouThere {
  bool operator==(const AreYouThere&) const = default;
};

// Ask how the node sees these service nodes. Answered by Seen; the executor has no part in it.
struct Look {
  uint64_t request = 0;
  std::vector<std::string> service_nodes;
  uint32_t probe_ms = 0;
  bool operator==(const Look&) const = default;
};

// The same, and everything that can be prepared is prepared, and taken away again. Answered by
// PlanReport.
struct Rehearse : Preflight {};

struct Rebind {
  std::string takeover;
  uint64_t generation = 0;
  std::string node;
  std::vector<std::string> from;
  std::string to;
  // Who is left lives on. Else nothing is refused because something else stays behind, unless
  // `strict` or `undo` is set: what can be moved is better off.
  bool planned = false;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  // A failback: what the rebind of this generation changed is put back exactly as it was, where it
  // still is as that rebind left it; everything else is planned from what it is. 0: none.
  uint64_t undo = 0;
  // PlanSummary::hash and shape of the plan that was confirmed for this node; empty: the node is
  // told what no plan was shown for (it was away, was rebooted since, or the takeover is resumed).
  // The node plans anew: another plan of this shape is carried out and told (`replanned`), one of
  // another shape is not (Verdict::held). An empty hash holds no node.
  std::string plan_hash;
  std::string plan_shape;
  // How the coordinator reads the entries of `from` and `to`. Only compared: a node whose own copy
  // reads otherwise is blocked, and says where.
  std::vector<ServiceNodeEntry> meant = {};
  // So many changes of the confirmed plan are on record: an outcome that has made just these may
  // leave them out (Outcome::as_planned). 0: it says all.
  uint32_t kept_lines = 0;
  uint64_t epoch = 0;  // as in Welcome
  bool operator==(const Rebind&) const = default;
};

// Ask for a fresh Inventory, and for the last Outcome again.
struct Observe {
  uint64_t epoch = 0;  // as in Welcome
  bool operator==(const Observe&) const = default;
};

// Somebody has reason to doubt this server: ask it closely for a while, and say what is seen.
struct WatchServer {
  std::string address;  // one of the node's own sightings; another one is ignored
  uint32_t for_ms = 0;  // a node does it for a minute at most
  bool operator==(const WatchServer&) const = default;
};

// What kept the node in quarantine is mended: look again. Answered by Quarantine.
struct Clear {
  uint64_t epoch = 0;  // as in Welcome
  bool operator==(const Clear&) const = default;
};

// Either side: the last message was refused. The connection stays.
struct Refused {
  std::string takeover;     // empty: not about a takeover
  uint64_t generation = 0;  // newest the refusing side has seen
  Fact reason;
  Cure cure;
  bool operator==(const Refused&) const = default;
};

// The directory of service nodes, read anew, is another one than was said last (Hello): somebody
// mended it, or spoilt it.
struct DirectoryRead {
  std::string digest;
  std::vector<std::string> service_nodes = {};  // its names; of a child only
  bool operator==(const DirectoryRead&) const = default;
};

// What changes a node.
using OrderKind = std::variant<Rebind, Rehearse, Clear>;
template <class Message>
inline constexpr bool is_order =
    std::is_same_v<Message, Rebind> || std::is_same_v<Message, Rehearse> ||
    std::is_same_v<Message, Clear>;
// It, and for whom: one start of one node's executor, and no later one.
struct Order {
  std::string node;
  std::string boot_id;  // of its Hello
  std::string nonce;    // of its Hello
  OrderKind what;
  bool operator==(const Order&) const = default;
};
// As it is sent (common/orders/signed_orders.h): the session hands it on and can make none.
struct SignedOrder {
  Bytes order;              // encode(Order)
  uint32_t place = 0;       // among the orders that the signature covers
  uint32_t of = 0;          // how many these are
  std::vector<Bytes> path;  // in the tree of their digests, from the order's neighbour upwards
  Bytes signature;
  bool operator==(const SignedOrder&) const = default;
};

using ToCoordinator =
    std::variant<Hello, Beat, Inventory, PlanReport, Accepted, Progress, OutcomeReport, Drift,
                 Refused, ServerHealthReport, Mounts, Quarantine, Seen, DirectoryRead, FullPlan>;
using ToAgent = std::variant<Welcome, BeatAck, Preflight, Observe, Refused, WatchServer, Look,
                             TellPlan, AreYouThere, SignedOrder>;

// ---------------------------------------------------------------- session to executor

// A closed list: names, ids, generation, and entries to compare the own ones with. Never a path,
// file content or argv.

struct InspectVerb {
  uint64_t request = 0;
  bool operator==(const InspectVerb&) const = default;
};
struct PlanVerb {
  uint64_t request = 0;
  std::vector<std::string> from;
  std::string to;
  bool strict = false;
  StuckPolicy stuck = StuckPolicy::keep;
  uint64_t undo = 0;
  std::vector<ServiceNodeEntry> meant = {};
  bool planned = false;
  uint64_t epoch = 0;  // as in Welcome
  bool operator==(const PlanVerb&) const = default;
};
// What the coordinator has signed. A Rebind is answered by RebindReply, a Rehearse by the PlanReply
// of its own request, a Clear by ClearReply.
struct OrderVerb {
  uint64_t request = 0;
  SignedOrder order;
  bool operator==(const OrderVerb&) const = default;
};

// The coordinator does not know this node's key: knock. Answered by KnockAnswer.
struct KnockVerb {
  bool operator==(const KnockVerb&) const = default;
};

// It is not stuck: said with each beat, and as the answer to StillThere.
struct AliveVerb {
  bool operator==(const AliveVerb&) const = default;
};

using Verb = std::variant<InspectVerb, PlanVerb, OrderVerb, KnockVerb, AliveVerb>;

// ---------------------------------------------------------------- enrolment

// A node that asks to be let in, with its key (common/enrolment/knock_frames.h).
struct Knock {
  uint32_t protocol = kProtocolVersion;
  std::string node;
  std::string version;
  std::string boot_id;
  std::string challenge;  // of the greeting: it is said over this connection, and now
  std::string from;       // both ends as the node sees them, "10.1.1.7:612": whoever stands between
  std::string to;         // has others
  bool operator==(const Knock&) const = default;
};
struct KnockAnswer {
  std::string challenge;  // of the knock that it answers
  bool accepted = false;
  Fact reason;  // why not, or not yet
  Cure cure;
  bool operator==(const KnockAnswer&) const = default;
};

// ---------------------------------------------------------------- executor to session

struct InspectReply {
  uint64_t request = 0;
  Fact error;
  Inventory inventory;
};
struct PlanReply {
  uint64_t request = 0;
  PlanSummary plan;
};
struct RebindReply {
  uint64_t request = 0;
  bool accepted = false;
  Refused refused;
};
struct ClearReply {
  uint64_t request = 0;
  Quarantine quarantine;  // what is still wrong, if anything
};
// Unasked: what the executor is and does. Sent at start, and whenever one of these changes.
struct ExecutorState {
  std::string mode;
  std::string nonce;  // Hello::nonce
  uint64_t generation = 0;
  std::string generation_target;
  std::string directory_digest;
  Fact busy;
  std::vector<Binding> bindings;
  std::vector<Outcome> last;
  std::vector<Quarantine> quarantine;  // at most one
};
// A plan, and nothing else, may name these addresses: where to probe a service node from here.
struct ProbeTarget {
  std::string service_node;
  std::string address;
  std::vector<ServicePort> services = {};  // where it is asked whether it lives
  std::string domain_name = {};            // what it is asked for as a name server
};
struct ProbeTargets {
  std::vector<ProbeTarget> targets;
};

// Unasked: the NFS servers of this node's mounts, whenever they change.
struct NfsServer {
  std::string address;
  uint32_t port = 0;     // 0: the usual one
  uint32_t version = 0;  // of NFS, 3 or 4
  std::string owner;
  bool critical = false;
  std::vector<std::string> mounts;  // mount points
  bool operator==(const NfsServer&) const = default;
};
struct NfsServers {
  std::vector<NfsServer> servers;
};

// The session has not been heard for long. Answered by AliveVerb, or it is replaced.
struct StillThere {
  bool operator==(const StillThere&) const = default;
};

using ToSession =
    std::variant<InspectReply, PlanReply, RebindReply, ClearReply, ExecutorState, ProbeTargets,
                 NfsServers, Mounts, Progress, OutcomeReport, Drift, KnockAnswer, StillThere>;

// ---------------------------------------------------------------- child to executor

// The fence as the child of a clear has found it on disk: the executor may never have had it.
struct FenceRead {
  uint64_t epoch = 0;
  uint64_t generation = 0;
  std::string target;
  std::vector<Outcome> last;  // at most one
};

struct PeerCount {
  std::string peer;  // "10.1.1.100:2049"
  std::string service_node;
  uint32_t count = 0;
};
struct OpenSockets {
  std::vector<PeerCount> sockets;
};

// Instead of an outcome: nothing was begun, because these scripts of xCAT are at work.
struct ScriptAtWork {
  std::string name;
  uint32_t pid = 0;
  uint64_t start_ticks = 0;
};
struct ScriptsAtWork {
  std::vector<ScriptAtWork> scripts;
};

// Scripts of xCAT are at work and wait for a service node that is left: routes, resolver and
// xcatinfo were moved all the same, and are all that was. What the scripts write is planned from
// when they ended.
struct WentAhead {
  std::string service_node;
  std::vector<PlannedChange> changes;
};

// The steps of a plan that was reported, kept by its hash for the order that names it: no lines,
// only what is done at which place. Not said of a plan with more steps than a message may hold.
struct MadePlan {
  std::string hash;
  std::vector<PlannedChange> steps;
};

// What the markers of shared paths said just now.
struct Marker {
  std::string superblock;  // "0:45"
  std::string source;      // "sn1-eth1:/shared_home"
  std::string digest;
  bool operator==(const Marker&) const = default;
};
struct Markers {
  std::vector<Marker> markers;
};

// A Quarantine is what a rebind leaves in a state that no step leaves; its places lie in the
// quarantine's file. A ClearReply is the answer of a clear.
using FromChild = std::variant<Progress, ScriptsAtWork, WentAhead, DirectoryRead, FenceRead,
                               ProbeTargets, OpenSockets, Markers, MadePlan, InspectReply,
                               PlanReply, OutcomeReport, Quarantine, ClearReply>;

}  // namespace sn::wire
