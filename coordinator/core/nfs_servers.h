// The NFS servers of the fleet: how every node and this machine see them, and when nodes are told
// to look closely. Volatile, as the fleet is: nodes say it again in every hello.
//
// Nodes ask each server only every half minute. So that the whole fleet knows within three seconds,
// one doubt is everybody's: when a node reports a server suspicious or silent, or this machine,
// which asks twice a second because it may, gets no answer from one that answered before, every
// node that uses the server, or another address of its owner, is told to watch it. Nothing else
// follows.
//
// So every server is asked twice a second by somebody. One that this machine has no way to is asked
// by a deputy: one node that uses it is told to watch it for a while, then the next one. A node's
// share of that is small where there are many, and where there are few its own rounds would leave
// gaps of seconds.
//
// A doubt that proves wrong is not repeated at once: the pause doubles, or a server with too much
// to do would be asked twice a second by thousands for ever.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/service_node.h"
#include "common/wire/messages.h"
#include "coordinator/core/commands.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/fleet.h"

namespace sn::coordinator {

// Long enough for a node's verdict (1.8 s) and for what wavers.
inline constexpr uint32_t kWatchMs = 10'000;
inline constexpr int64_t kWatchPauseMs = 5'000;
inline constexpr int64_t kMaxWatchPauseMs = 300'000;
// This machine's own questions. A whole round of them takes no less than kPingMs, and each server
// kPingSpaceMs more, so that hundreds of servers are no load.
inline constexpr int64_t kPingMs = 500;
inline constexpr int64_t kPingSpaceMs = 2;
inline constexpr uint32_t kPingDeadlineMs = 400;
// A deputy's turn. Short, so that one that is lost is soon replaced and none carries it all; long
// enough that the orders cost nothing beside its questions.
inline constexpr int64_t kDeputyMs = 10'000;
// It still asks when the next one begins: two of this machine's rounds, and what a node spreads.
inline constexpr int64_t kDeputyOverlapMs = 1'500;
// Of one node's list; an agent has fewer. What is beyond is not kept.
inline constexpr size_t kMaxServersOfNode = 64;
// A cluster has hundreds; more are a node's nonsense and are not asked.
inline constexpr size_t kMaxPinged = 1024;

class NfsServers {
 public:
  // `directory` stays: whose servers this machine asks itself.
  explicit NfsServers(const Directory& directory) : directory_(directory) {}

  struct Order {
    std::string node;
    std::string address;  // the node's own of that server
  };
  struct Alarm {
    std::string owner;  // of the server that is doubted; may be empty
    std::string address;
    std::string node;  // whose question it did not answer; empty: this machine's own
    std::vector<Order> orders;
  };

  // Replaces what was known of this node's servers. What is worth an event: servers that became
  // silent, slow, or answer again.
  std::vector<SeenServer> take(const std::string& node,
                               const std::vector<wire::ServerSighting>& sightings, Now now);
  // Of a Ping effect with this request.
  void on_ping(uint64_t request, bool answered, const std::string& evidence, MonotonicTime now);

  // This machine's questions that are due, with request numbers from `requests`: to NFS at
  // addresses of the inventory. A node's word alone makes this machine knock nowhere; what else
  // nodes name is asked by them, in turn.
  std::vector<Ping> due_pings(MonotonicTime now, uint64_t& requests);
  // Whom to tell to ask in this machine's stead, for kDeputyMs and kDeputyOverlapMs, because a turn
  // is over.
  std::vector<Order> deputies(const Fleet& fleet, MonotonicTime now);
  // Whom to tell what because of doubts since the last call. Only connected nodes, and none that
  // looks closely by itself.
  std::vector<Alarm> alarms(const Fleet& fleet, MonotonicTime now);
  // due_pings() and deputies() want to be called by then.
  [[nodiscard]] MonotonicTime next_tick() const;

  [[nodiscard]] std::vector<SeenServer> of(const std::string& node) const;
  // One of them is silent or slow.
  [[nodiscard]] bool any_trouble_of(const std::string& node) const;
  // One line a server, of what connected nodes say.
  [[nodiscard]] std::vector<NfsServerStatus> status(const Fleet& fleet) const;

 private:
  // Address and port.
  using Key = std::pair<std::string, uint32_t>;

  struct Entry {
    SeenServer seen;
    ServerState published = ServerState::unknown;
  };
  struct Server {
    std::string owner;
    std::set<std::string> nodes;  // that use it
    bool asked_here = false;      // it is one of the inventory's
    SeenFrom here;                // by this machine's own questions
    std::string evidence;
    std::string deputy;         // the last one; empty: there was none
    MonotonicTime next_deputy;  // its turn is over
  };
  struct Doubt {
    Key server;
    std::string node;  // as in Alarm
  };
  // Of an owner, or of an address that is nobody's we know.
  struct Watch {
    MonotonicTime until;  // no further order before
    int64_t pause_ms = kWatchPauseMs;
    bool proved = false;  // a node found it silent since the last order
  };

  // NFS at an address of the inventory.
  [[nodiscard]] bool is_ours(const Key& server) const;
  [[nodiscard]] std::string watch_key(const Key& server) const;
  // Connected, and not in doubt about it.
  [[nodiscard]] bool can_ask(const std::string& node, const Key& server, const Fleet& fleet) const;
  [[nodiscard]] bool may_order(const std::string& key, MonotonicTime now);
  void forget(const std::string& node, const std::vector<Entry>& entries);

  const Directory& directory_;
  std::map<std::string, std::vector<Entry>> nodes_;
  std::map<Key, Server> servers_;
  std::map<std::string, Watch> watches_;
  std::map<uint64_t, Key> pings_;  // out
  std::vector<Doubt> doubts_;
  MonotonicTime ping_due_;
};

}  // namespace sn::coordinator
