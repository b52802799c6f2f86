// Which nodes are connected, and what each node last said of itself. Volatile: a restart begins
// with no node.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/messages.h"
#include "coordinator/core/effects.h"

namespace sn::coordinator {

// The plan of a node that was shown and confirmed, and under which generation it is carried out.
struct ConfirmedPlan {
  uint64_t generation = 0;  // 0: none was
  std::vector<std::string> from;
  std::string to;
  uint64_t undo = 0;
  std::string hash;
  std::string shape;
};

// The service nodes that are named by any reference of role `move`.
[[nodiscard]] std::vector<std::string> named_in(const std::vector<wire::Binding>& bindings);

struct Presence {
  std::string node;
  std::optional<ConnectionId> connection;  // of the newest hello; none: not connected
  wire::Hello hello;                       // the newest
  std::vector<wire::Binding> bindings;     // re-observed, newest
  std::vector<NfsMount> mounts;            // as it said last
  bool mounts_known = false;               // it has said
  MonotonicTime heard;                     // last message
  WallTime heard_wall;
  Fact busy;  // what it is at; empty: nothing
  MonotonicTime busy_since;
  Fact drift;                   // the newest drift since the last verdict; empty: none
  wire::Quarantine quarantine;  // as it said last
  // Until the node is rebooted or its takeover is resumed: then it is told what nobody has seen a
  // plan of.
  ConfirmedPlan confirmed;
  // The Rebind being waited for, and when it was said last.
  uint64_t told_generation = 0;
  MonotonicTime told;

  [[nodiscard]] bool connected() const { return connection.has_value(); }
  // Connected, or lost so recently that it may be on its way over another path.
  [[nodiscard]] bool lately_there(MonotonicTime now, int64_t beat_interval_ms) const;
  [[nodiscard]] bool in_quarantine() const { return !quarantine.reason.empty(); }
  // What to do on the node, and to type then.
  [[nodiscard]] Cure quarantine_cure() const;
  // `since_ms`: how long it has been at it already.
  void now_at(const Fact& step, int64_t since_ms, MonotonicTime now);
  // "waiting for xcatdsklspost (pid 812), 12 s"; empty: at nothing.
  [[nodiscard]] Fact at_work(MonotonicTime now) const;
  // The node's own scripts are at work, and it begins nothing before their end.
  [[nodiscard]] bool blocked_by_scripts() const;
  // Its confirmed plan, if it is of this order; nullptr: none was confirmed for it.
  [[nodiscard]] const ConfirmedPlan* confirmed_for(uint64_t generation,
                                                   const std::vector<std::string>& from,
                                                   const std::string& to, uint64_t undo) const;
  [[nodiscard]] uint32_t references_to(const std::string& service_node) const;
  // The service nodes it names.
  [[nodiscard]] std::vector<std::string> bound_to() const { return named_in(bindings); }
};

class Fleet {
 public:
  // A hello replaces whatever connection the node had. Returns the connection it displaced.
  std::optional<ConnectionId> arrive(const ConnectionId& connection, const wire::Hello& hello,
                                     Now now);
  // nullptr: no hello came over this connection, or a newer one displaced it.
  Presence* by_connection(const ConnectionId& connection);
  Presence* find(const std::string& node);
  [[nodiscard]] const Presence* find(const std::string& node) const;
  void leave(const ConnectionId& connection);
  // Nodes not heard of for `silence_ms` are taken as gone; their names.
  std::vector<std::string> expire(MonotonicTime now, int64_t silence_ms);

  [[nodiscard]] const std::map<std::string, Presence>& all() const { return nodes_; }
  // Nodes whose own last word is that they name this service node.
  [[nodiscard]] std::set<std::string> naming(const std::string& service_node) const;

 private:
  std::map<std::string, Presence> nodes_;
  std::map<ConnectionId, std::string> connections_;
};

}  // namespace sn::coordinator
