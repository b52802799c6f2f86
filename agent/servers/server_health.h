// The health of every NFS server this node depends on, as a plain state machine: servers, ping
// results and the time go in; pings to start and what there is to tell come out. No I/O, no clock;
// the only randomness is the seed it is given.
//
// In peace all servers are pinged together, every kRoundMs at a phase of the node's own, a new one
// first within kFirstLookMs; among a
// thousand nodes somebody therefore asks every 30 ms. A ping that is not answered within kSuspectMs
// makes its server suspicious, and so does the coordinator's word: then it alone is pinged every
// kCloseLookMs. A server is silent when it has answered nothing for kSilentMs and a second ping has
// waited kSecondPingMs: one lost SYN, which the kernel sends again after a second, proves nothing,
// nor does a time in which this process was stopped.
//
//              quick answer                      no answer for kSuspectMs
//   answering <------------- slow     any state ---------------------------> suspicious -> silent
//             late or slow answer: slow; otherwise any answer: answering
//
// Wake-ups are what it costs: a round needs one for its beginning, which it shares with the beat
// when there is one (tick's `early_ms`), and those of the sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/messages.h"

namespace sn::agent {

inline constexpr int64_t kRoundMs = 30'000;
inline constexpr int64_t kCloseLookMs = 500;
// A healthy server answers within a millisecond, a loaded one within some ten.
inline constexpr uint32_t kSlowUs = 250'000;
inline constexpr int64_t kSuspectMs = 500;
inline constexpr int64_t kSecondPingMs = 1'000;
inline constexpr int64_t kSilentMs = 1'500;
// Answers that come later than this are not waited for: the next pings are out by then.
inline constexpr uint32_t kPingDeadlineMs = 1'500;
// After a minute of silence seconds do not count any more, and thousands of nodes ask.
inline constexpr int64_t kLongSilenceMs = 60'000;
inline constexpr int64_t kLongSilenceLookMs = 5'000;
// A slow server is looked at closely for a moment, then in rounds: it has enough to do.
inline constexpr int64_t kSlowLookMs = 5'000;
inline constexpr int kQuickAnswers = 3;
// What has just returned may go again.
inline constexpr int64_t kReturnedLookMs = 10'000;
// A server that is new is asked soon; the rest of a round's time later, where a thousand nodes that
// boot together are apart.
inline constexpr int64_t kFirstLookMs = 3'000;
// What the coordinator may ask for.
inline constexpr int64_t kMaxWatchMs = 60'000;
// Told at the same moment, a thousand nodes do not connect at the same moment: a server's queue of
// connections holds some hundred.
inline constexpr int64_t kWatchSpreadMs = 300;
// A node has a handful; one connection each, up to kMaxPingsOut when it is silent.
inline constexpr size_t kMaxServers = 32;
// kPingDeadlineMs / kCloseLookMs, and one that begins as the first ends.
inline constexpr size_t kMaxPingsOut = 4;

struct PingStart {
  uint64_t id = 0;
  std::string address;  // numeric
  uint16_t port = 0;
  uint32_t version = 0;
  uint32_t deadline_ms = 0;
};

struct PingResult {
  bool answered = false;
  uint32_t rtt_us = 0;
  std::string evidence;
};

class ServerHealth {
 public:
  // What there is to tell. Good: of a server that was not known to be otherwise; can wait for the
  // next beat. Urgent: everything else.
  enum class News { none, good, urgent };

  explicit ServerHealth(uint64_t seed) : random_(seed) {}

  // Replaces the list; what stays keeps its state. Beyond kMaxServers the critical ones stay.
  void set_servers(std::vector<wire::NfsServer> servers, MonotonicTime now);
  // The coordinator's word; another address than those of set_servers is ignored.
  void watch(const std::string& address, int64_t for_ms, MonotonicTime now);
  // What the kernel's NFS client still waits for, by server; empty: nothing known.
  void set_unanswered(const std::string& address, const std::string& text);

  // Begins what is due, and a round that would be due within `early_ms`: the process is awake now.
  [[nodiscard]] std::vector<PingStart> tick(MonotonicTime now, int64_t early_ms);
  // Ids that are not out any more are ignored.
  void on_ping(uint64_t id, const PingResult& result, MonotonicTime now);
  // tick() wants to be called by then.
  [[nodiscard]] MonotonicTime next_tick() const;

  [[nodiscard]] bool empty() const { return servers_.empty(); }
  // Since it was asked last.
  [[nodiscard]] News take_news();
  [[nodiscard]] std::vector<wire::ServerSighting> sightings(MonotonicTime now) const;

 private:
  struct Ping {
    uint64_t id = 0;
    MonotonicTime started;
  };
  struct Server {
    wire::NfsServer target;
    ServerState state = ServerState::unknown;
    MonotonicTime since;
    std::string evidence;
    std::string unanswered;
    std::vector<Ping> out;
    std::optional<MonotonicTime> first;   // start of the first ping since the last answer
    std::optional<MonotonicTime> second;  // and of the next one
    int quick = 0;                        // prompt answers in a row
    MonotonicTime close_until;            // looked at closely up to then, whatever it answers
    MonotonicTime next;                   // ping of a close look
  };

  [[nodiscard]] static bool looked_at_closely(const Server& server);
  // When what is not answered yet changes the state; nullopt: it can't any more.
  [[nodiscard]] static std::optional<MonotonicTime> verdict_due(const Server& server);
  void judge_silence(Server& server, MonotonicTime now);
  void start(Server& server, MonotonicTime now, std::vector<PingStart>& starts);
  void take_answer(Server& server, const PingResult& result, MonotonicTime now);
  void enter(Server& server, ServerState state, MonotonicTime since);
  void tell(News news) { news_ = std::max(news_, news); }

  std::mt19937_64 random_;
  std::vector<Server> servers_;
  std::optional<MonotonicTime> round_;  // the next; none before there were servers
  uint64_t next_id_ = 0;
  News news_ = News::none;
};

}  // namespace sn::agent
