#include "coordinator/core/fleet.h"

#include <algorithm>

namespace sn::coordinator {

uint32_t Presence::references_to(const std::string& service_node) const {
  for (const auto& binding : bindings) {
    if (binding.service_node == service_node) return binding.references;
  }
  return 0;
}

std::vector<std::string> named_in(const std::vector<wire::Binding>& bindings) {
  std::vector<std::string> names;
  for (const auto& binding : bindings) {
    if (binding.references > 0) names.push_back(binding.service_node);
  }
  return names;
}

bool Presence::lately_there(MonotonicTime now, int64_t beat_interval_ms) const {
  return connected() || now - heard <= 4 * beat_interval_ms;
}

Cure Presence::quarantine_cure() const {
  // Of this node: anybody else's was not taken from it (told_by_node.h).
  if (quarantine.cure.has(CureCode::clear_node)) return quarantine.cure;
  return quarantine.cure.then(Cure(CureCode::clear_node, {.node = node}));
}

void Presence::now_at(const Fact& step, int64_t since_ms, MonotonicTime now) {
  busy = step;
  busy_since = now + -since_ms;
}

Fact Presence::at_work(MonotonicTime now) const {
  const int64_t ms = now - busy_since;
  if (busy.empty() || ms < 1000) return busy;
  return Fact(FactCode::at_work_for, {.ms = static_cast<uint64_t>(ms)}, busy);
}

bool Presence::blocked_by_scripts() const { return busy.is(FactCode::waiting_for_scripts); }

const ConfirmedPlan* Presence::confirmed_for(uint64_t of, const std::vector<std::string>& from,
                                             const std::string& to, uint64_t undo) const {
  const bool same = of != 0 && confirmed.generation == of && confirmed.from == from &&
                    confirmed.to == to && confirmed.undo == undo;
  return same ? &confirmed : nullptr;
}

std::optional<ConnectionId> Fleet::arrive(const ConnectionId& connection, const wire::Hello& hello,
                                          Now now) {
  Presence& presence = nodes_[hello.node];
  std::optional<ConnectionId> displaced;
  if (presence.connection && *presence.connection != connection) {
    displaced = presence.connection;
    connections_.erase(*presence.connection);
  }
  if (presence.hello.boot_id != hello.boot_id) {
    presence.drift.clear();
    presence.confirmed = {};
  }
  presence.node = hello.node;
  presence.connection = connection;
  presence.hello = hello;
  presence.bindings = hello.bindings;
  presence.quarantine = hello.quarantine.empty() ? wire::Quarantine{} : hello.quarantine.front();
  presence.heard = now.monotonic;
  presence.heard_wall = now.wall;
  // How long already, the next beat tells.
  if (presence.busy != hello.busy) presence.now_at(hello.busy, 0, now.monotonic);
  presence.told_generation = 0;
  connections_[connection] = hello.node;
  return displaced;
}

Presence* Fleet::by_connection(const ConnectionId& connection) {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : find(found->second);
}

Presence* Fleet::find(const std::string& node) {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Presence* Fleet::find(const std::string& node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

void Fleet::leave(const ConnectionId& connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  if (Presence* presence = find(found->second);
      presence != nullptr && presence->connection == connection) {
    presence->connection.reset();
  }
  connections_.erase(found);
}

std::vector<std::string> Fleet::expire(MonotonicTime now, int64_t silence_ms) {
  std::vector<std::string> gone;
  for (auto& [name, presence] : nodes_) {
    if (!presence.connection || now - presence.heard <= silence_ms) continue;
    connections_.erase(*presence.connection);
    presence.connection.reset();
    gone.push_back(name);
  }
  return gone;
}

std::set<std::string> Fleet::naming(const std::string& service_node) const {
  std::set<std::string> nodes;
  for (const auto& [name, presence] : nodes_) {
    if (presence.references_to(service_node) > 0) nodes.insert(name);
  }
  return nodes;
}

}  // namespace sn::coordinator
