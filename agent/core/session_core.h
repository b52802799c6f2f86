// The session as a plain state machine: which path to the coordinator, what is said over it, what
// is asked of the executor. Events and the time go in, effects come out; no I/O, no clock, and the
// only randomness is the seed it is given.
//
// Paths to the coordinator: an ordered list of endpoints, one connection at a time, the direct one
// first. A connected forwarder is no path, only a Welcome within kWelcomeMs is; whoever has a
// direct connection stands in the coordinator's queue, and waits. A path is given up when a beat is
// not acknowledged; the next in the list is tried, and the one that worked is kept.
//
// The NFS servers of the node are asked all the time, with or without a coordinator; what the next
// hello will say anyway is not said twice.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/servers/mount_stats.h"
#include "agent/servers/server_health.h"
#include "common/base/clock.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A step of a rebind takes milliseconds. One that takes this long is blocked on something, and then
// its name and how long are told again and again; the beat carries both.
inline constexpr int64_t kBusyBeatMs = 3'000;
// A CURVE handshake and a round trip take milliseconds, also through a forwarder; a lost SYN is
// sent again after one second. Doubled in the second round of paths and in the third.
inline constexpr int64_t kWelcomeMs = 3'000;
// The coordinator's kernel has accepted a direct connection, and its program comes to it: as long
// as libzmq itself waits for a handshake. A storm of 9,000 takes a third of it on two processors;
// who left the queue would only make it longer.
inline constexpr int64_t kQueueMs = 30'000;
// A path that brings a refusal works: the refusal is the coordinator's, and the same on every other
// path. As many are heard on one path before the next is tried.
inline constexpr size_t kRefusalsHere = 8;
// A coordinator in a storm of connections answers late: twice as long as one of 9,000 takes on two
// processors. Who gave up sooner would join it.
inline constexpr int64_t kAckMs = 10'000;
// After every path failed: this, doubled each round up to the most, times 0.5 to 1.5 by chance, so
// that a restarted coordinator is not stormed.
inline constexpr int64_t kBackoffMs = 500;
inline constexpr int64_t kMaxBackoffMs = 30'000;
// A beat wakes this process: a round of pings that is due this soon is begun with it. A third of a
// round, so that neither falls into step with other nodes.
inline constexpr int64_t kEarlyRoundMs = 10'000;
// The kernel's counters are read with a round, and not with every ping of a close look.
inline constexpr int64_t kMountStatsMs = kRoundMs - kEarlyRoundMs;
// Coordinators ask one preflight at a time, and a look for each service node in doubt; a lost one
// must not stay for ever.
inline constexpr size_t kMaxPreflights = 8;
// Plans that were reported and can still be told: one is asked for as soon as it was reported, and
// this is locked memory.
inline constexpr size_t kMaxReported = 2;

struct SessionConfig {
  std::string node;
  std::string version;
  std::string boot_id;
  std::string instance;
  std::vector<std::string> endpoints;  // at least one
  uint64_t seed = 0;
  bool confined = false;  // as wire::Hello
  size_t keys = 1;  // that the coordinator may have: each endpoint with the first, then the next
};

// Drop the connection there is, if any, and make one to this endpoint.
struct Connect {
  std::string endpoint;
  size_t key = 0;  // the coordinator's: which of them
};
struct ToCoordinator {
  wire::ToCoordinator message;
};
struct ToExecutor {
  wire::Verb message;
};
// Look at one machine; answer with on_probe.
struct StartProbe {
  uint64_t id = 0;
  std::string address;
  std::vector<ServicePort> services;
  bool every_service = false;  // else the first that answers ends it
  uint32_t deadline_ms = 0;
  std::string domain_name = {};  // as wire::ProbeTarget
};
// Ask an NFS server; answer with on_ping.
struct StartPing {
  PingStart ping;
};
// Read /proc/self/mountstats; answer with on_mount_stats.
struct ReadMountStats {};
// Into the node's log: the coordinator will not have this node. Not again while it says the same.
struct TellRefusal {
  Fact reason;
  Cure cure;
};
using SessionEffect = std::variant<Connect, ToCoordinator, ToExecutor, StartProbe, StartPing,
                                   ReadMountStats, TellRefusal>;
using SessionEffects = std::vector<SessionEffect>;

class SessionCore {
 public:
  explicit SessionCore(SessionConfig config);

  // Nothing is said before the executor told its state once: a hello without it would be a guess.
  [[nodiscard]] SessionEffects on_executor(const wire::ToSession& message, MonotonicTime now);
  [[nodiscard]] SessionEffects on_coordinator(const wire::ToAgent& message, MonotonicTime now);
  // The TCP connection that was asked for stands.
  [[nodiscard]] SessionEffects on_connected(MonotonicTime now);
  // The way there broke, or the peer's program ended.
  [[nodiscard]] SessionEffects on_connection_lost(MonotonicTime now);
  // The coordinator does not know our key (yet): the executor is to knock.
  [[nodiscard]] SessionEffects on_key_refused(MonotonicTime now);
  [[nodiscard]] SessionEffects on_probe(uint64_t id, const MachineSighting& seen,
                                        MonotonicTime now);
  [[nodiscard]] SessionEffects on_ping(uint64_t id, const PingResult& result, MonotonicTime now);
  [[nodiscard]] SessionEffects on_mount_stats(const std::vector<MountStats>& stats,
                                              MonotonicTime now);
  [[nodiscard]] SessionEffects tick(MonotonicTime now);
  [[nodiscard]] MonotonicTime next_tick() const;

  [[nodiscard]] bool welcomed() const { return state_ == State::welcomed; }
  [[nodiscard]] const std::string& endpoint() const { return config_.endpoints[endpoint_]; }

 private:
  enum class State { waiting_for_executor, resting, hello_said, welcomed };

  struct PendingPreflight {
    uint64_t request = 0;
    bool with_plan = true;  // else a Look: answered by Seen
    std::optional<wire::PlanSummary> plan;
    std::vector<wire::Sighting> sightings;
    size_t probes_out = 0;
    std::string to;
    uint32_t probe_ms = 0;
  };
  struct PendingProbe {
    uint64_t id = 0;
    uint64_t preflight = 0;
    std::string service_node;
    bool of_needs = false;  // what the plan needs there, and not whether it lives
  };

  [[nodiscard]] size_t paths() const { return config_.endpoints.size() * config_.keys; }
  [[nodiscard]] bool is_direct() const { return endpoint_ == 0; }
  void connect(MonotonicTime now);
  void path_failed(MonotonicTime now);
  void refused_by_coordinator(MonotonicTime now);
  void tell_refusal(const Fact& reason, const Cure& cure);
  // true: it is of a coordinator that has been replaced, which was told so.
  [[nodiscard]] bool refuse_older(uint64_t epoch);
  void rest(MonotonicTime now, size_t round);
  void say(wire::ToCoordinator message) { effects_.push_back(ToCoordinator{std::move(message)}); }
  // Now, after the welcome, or not at all: the next hello carries what it is about.
  void say_news(wire::ToCoordinator message);
  void ask(wire::Verb message) { effects_.push_back(ToExecutor{std::move(message)}); }
  // Probes `from` and `to`, and waits for that and for the plan.
  void begin_report(const wire::Preflight& asked);
  void hand_on(const wire::SignedOrder& order);
  void probe(PendingPreflight& preflight, const std::string& service_node,
             const std::vector<ServicePort>* needs);
  void begin_look(const wire::Look& asked);
  // For one more of preflights_.
  void make_room();
  void take_plan(const wire::PlanReply& reply);
  void report_if_complete(uint64_t preflight);
  void tell_plan(uint64_t request);
  void tick_path(MonotonicTime now);
  void beat(MonotonicTime now);
  void take_answer(const wire::KnockAnswer& answer, MonotonicTime now);
  void tell_health(MonotonicTime now, bool beating);
  void tell_quarantine();
  void tell_directory();
  SessionEffects take() { return std::exchange(effects_, {}); }

  const SessionConfig config_;
  std::mt19937_64 random_;
  State state_ = State::waiting_for_executor;
  size_t endpoint_ = 0;
  size_t key_ = 0;                       // the coordinator's, of config_.keys
  size_t failures_ = 0;                  // paths in a row
  size_t refusals_ = 0;                  // in a row
  std::optional<MonotonicTime> let_in_;  // the last time that a knock was answered so
  Fact told_refusal_;                    // since the last beat that was acknowledged
  MonotonicTime due_;                    // of the present state
  MonotonicTime beat_due_;
  uint64_t beat_serial_ = 0;
  bool ack_awaited_ = false;
  uint32_t beat_interval_ms_ = 0;
  uint64_t epoch_ = 0;  // of the newest that welcomed us
  wire::ExecutorState executor_;
  std::vector<wire::Quarantine> told_quarantine_;  // over this path
  std::string told_directory_;                     // over this path
  // News since the hello, the last of each kind.
  std::vector<wire::ToCoordinator> unsaid_;
  Fact busy_;
  MonotonicTime busy_since_;
  wire::Mounts mounts_;
  std::vector<wire::ProbeTarget> targets_;
  std::vector<PendingPreflight> preflights_;
  std::deque<wire::FullPlan> reported_;  // the newest first
  std::vector<PendingProbe> probes_;
  uint64_t next_id_ = 0;
  ServerHealth health_;
  UnansweredRequests requests_;
  std::vector<wire::NfsServer> servers_;
  MonotonicTime stats_due_;
  bool good_news_ = false;  // for the next beat
  SessionEffects effects_;
};

}  // namespace sn::agent
