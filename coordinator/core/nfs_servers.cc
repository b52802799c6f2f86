#include "coordinator/core/nfs_servers.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sn::coordinator {

namespace {

bool in_doubt(ServerState state) {
  return state == ServerState::suspicious || state == ServerState::silent;
}

// A state that can be said to people; the others pass by.
bool is_settled(ServerState state) {
  return state == ServerState::answering || state == ServerState::slow ||
         state == ServerState::silent;
}

SeenServer seen_of(const wire::ServerSighting& sighting, Now now) {
  SeenServer seen;
  seen.address = sighting.address;
  seen.port = sighting.port;
  seen.owner = sighting.owner;
  seen.state = sighting.state;
  // A node's number: bounded, so that it can't wrap.
  const auto since = std::min(sighting.since_ms, static_cast<uint64_t>(now.wall.unix_ms));
  seen.since_unix_ms = now.wall.unix_ms - static_cast<int64_t>(since);
  seen.evidence = sighting.evidence;
  seen.unanswered = sighting.unanswered;
  seen.mounts = sighting.mounts;
  seen.critical = sighting.critical;
  return seen;
}

}  // namespace

std::vector<SeenServer> NfsServers::take(const std::string& node,
                                         const std::vector<wire::ServerSighting>& sightings,
                                         Now now) {
  std::vector<SeenServer> changes;
  std::vector<Entry> before = std::exchange(nodes_[node], {});
  forget(node, before);
  for (const auto& sighting : sightings) {
    if (nodes_[node].size() == kMaxServersOfNode) break;
    const Key key(sighting.address, sighting.port);
    const auto known = std::find_if(before.begin(), before.end(), [&](const Entry& entry) {
      return entry.seen.address == sighting.address && entry.seen.port == sighting.port;
    });
    Entry entry{seen_of(sighting, now),
                known == before.end() ? ServerState::unknown : known->published};
    Server& server = servers_[key];
    server.owner = sighting.owner;
    server.asked_here = is_ours(key);
    server.nodes.insert(node);
    const bool doubted_before = known != before.end() && in_doubt(known->seen.state);
    if (in_doubt(sighting.state) && !doubted_before) {
      doubts_.push_back({key, node});
    }
    if (const auto watch = watches_.find(watch_key(key));
        watch != watches_.end() && sighting.state == ServerState::silent) {
      watch->second.proved = true;
    }
    if (is_settled(sighting.state) && sighting.state != entry.published) {
      const bool first = entry.published == ServerState::unknown;
      entry.published = sighting.state;
      if (!first || sighting.state != ServerState::answering) changes.push_back(entry.seen);
    }
    nodes_[node].push_back(std::move(entry));
  }
  return changes;
}

void NfsServers::forget(const std::string& node, const std::vector<Entry>& entries) {
  for (const auto& entry : entries) {
    const auto server = servers_.find({entry.seen.address, entry.seen.port});
    if (server != servers_.end()) server->second.nodes.erase(node);
  }
}

std::string NfsServers::watch_key(const Key& server) const {
  const auto found = servers_.find(server);
  return found == servers_.end() || found->second.owner.empty() ? server.first
                                                                : found->second.owner;
}

// ---------------------------------------------------------------- this machine's own questions

std::vector<Ping> NfsServers::due_pings(MonotonicTime now, uint64_t& requests) {
  std::vector<Ping> pings;
  if (now < ping_due_) return pings;
  std::erase_if(servers_, [](const auto& server) { return server.second.nodes.empty(); });
  if (servers_.empty()) return pings;
  std::set<Key> out;
  for (const auto& [request, key] : pings_) out.insert(key);
  for (const auto& [key, server] : servers_) {
    if (!server.asked_here || out.contains(key)) continue;
    if (pings.size() == kMaxPinged) break;
    pings_.emplace(++requests, key);
    pings.push_back({requests, key.first, kNfsPort, kPingDeadlineMs});
  }
  const auto space = static_cast<int64_t>(servers_.size()) * kPingSpaceMs;
  ping_due_ = now + std::max(kPingMs, space);
  return pings;
}

bool NfsServers::is_ours(const Key& server) const {
  const auto address = IpAddress::parse(server.first);
  if (!address || (server.second != 0 && server.second != kNfsPort)) return false;
  const auto has = [&](const auto& machine) {
    return std::any_of(machine.addresses.begin(), machine.addresses.end(),
                       [&](const NetworkAddress& at) { return at.address == *address; });
  };
  return std::any_of(directory_.service_nodes.begin(), directory_.service_nodes.end(), has) ||
         std::any_of(directory_.external_nfs.begin(), directory_.external_nfs.end(), has);
}

void NfsServers::on_ping(uint64_t request, bool answered, const std::string& evidence,
                         MonotonicTime) {
  const auto found = pings_.find(request);
  if (found == pings_.end()) return;
  const Key key = found->second;
  pings_.erase(found);
  const auto server = servers_.find(key);
  if (server == servers_.end()) return;
  const SeenFrom before =
      std::exchange(server->second.here, answered ? SeenFrom::answering : SeenFrom::silent);
  server->second.evidence = evidence;
  // One that never answered here may be out of reach from here.
  if (before == SeenFrom::answering && !answered) {
    doubts_.push_back({key, {}});
  }
}

MonotonicTime NfsServers::next_tick() const {
  if (servers_.empty()) return {std::numeric_limits<int64_t>::max()};
  return ping_due_;
}

// ---------------------------------------------------------------- and others in its stead

bool NfsServers::can_ask(const std::string& node, const Key& server, const Fleet& fleet) const {
  const Presence* presence = fleet.find(node);
  if (presence == nullptr || !presence->connected()) return false;
  const auto& entries = nodes_.at(node);
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return Key(entry.seen.address, entry.seen.port) == server && !in_doubt(entry.seen.state);
  });
}

std::vector<NfsServers::Order> NfsServers::deputies(const Fleet& fleet, MonotonicTime now) {
  std::vector<Order> orders;
  for (auto& [key, server] : servers_) {
    if ((server.asked_here && server.here != SeenFrom::silent) || now < server.next_deputy)
      continue;
    if (orders.size() == kMaxPinged) break;
    // Also when nobody can: thousands are not gone through twice a second. It is silent then, and
    // everybody asks by himself.
    server.next_deputy = now + kDeputyMs;
    std::vector<std::string> in_turn(server.nodes.upper_bound(server.deputy), server.nodes.end());
    in_turn.insert(in_turn.end(), server.nodes.begin(), server.nodes.upper_bound(server.deputy));
    const auto next = std::find_if(in_turn.begin(), in_turn.end(), [&](const std::string& node) {
      return can_ask(node, key, fleet);
    });
    if (next == in_turn.end()) continue;
    server.deputy = *next;
    orders.push_back({*next, key.first});
  }
  return orders;
}

// ---------------------------------------------------------------- doubts

bool NfsServers::may_order(const std::string& key, MonotonicTime now) {
  // Calm for as long as the pause was: whatever it was is over.
  std::erase_if(watches_, [&](const auto& watch) {
    return now - watch.second.until >= watch.second.pause_ms;
  });
  const auto [found, fresh] = watches_.try_emplace(key);
  Watch& watch = found->second;
  if (now < watch.until) return false;
  watch.pause_ms =
      fresh || watch.proved ? kWatchPauseMs : std::min(watch.pause_ms * 2, kMaxWatchPauseMs);
  watch.proved = false;
  watch.until = now + watch.pause_ms;
  return true;
}

std::vector<NfsServers::Alarm> NfsServers::alarms(const Fleet& fleet, MonotonicTime now) {
  std::vector<Alarm> alarms;
  for (const auto& doubt : std::exchange(doubts_, {})) {
    const auto doubted = servers_.find(doubt.server);
    if (doubted == servers_.end() || !may_order(watch_key(doubt.server), now)) continue;
    Alarm alarm;
    alarm.owner = doubted->second.owner;
    alarm.address = doubt.server.first;
    alarm.node = doubt.node;
    for (const auto& [key, server] : servers_) {
      const bool same_owner = !alarm.owner.empty() && server.owner == alarm.owner;
      if (key.first != doubt.server.first && !same_owner) continue;
      for (const auto& node : server.nodes) {
        const Presence* presence = fleet.find(node);
        if (presence == nullptr || !presence->connected()) continue;
        const auto& entries = nodes_.at(node);
        const bool watching = std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
          return Key(entry.seen.address, entry.seen.port) == key && in_doubt(entry.seen.state);
        });
        if (!watching) alarm.orders.push_back({node, key.first});
      }
    }
    if (!alarm.orders.empty()) alarms.push_back(std::move(alarm));
  }
  return alarms;
}

// ---------------------------------------------------------------- answers

std::vector<SeenServer> NfsServers::of(const std::string& node) const {
  std::vector<SeenServer> list;
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return list;
  list.reserve(found->second.size());
  for (const auto& entry : found->second) list.push_back(entry.seen);
  return list;
}

bool NfsServers::any_trouble_of(const std::string& node) const {
  const auto found = nodes_.find(node);
  return found != nodes_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [](const Entry& entry) {
           return entry.seen.state == ServerState::silent || entry.seen.state == ServerState::slow;
         });
}

std::vector<NfsServerStatus> NfsServers::status(const Fleet& fleet) const {
  std::map<Key, NfsServerStatus> by_key;
  for (const auto& [node, entries] : nodes_) {
    const Presence* presence = fleet.find(node);
    if (presence == nullptr || !presence->connected()) continue;
    for (const auto& entry : entries) {
      const SeenServer& seen = entry.seen;
      NfsServerStatus& status = by_key[{seen.address, seen.port}];
      status.address = seen.address;
      status.port = seen.port;
      status.owner = seen.owner;
      ++status.nodes;
      if (seen.critical) ++status.critical_for;
      switch (seen.state) {
        case ServerState::unknown:
          break;
        case ServerState::answering:
          ++status.answering;
          break;
        case ServerState::slow:
          ++status.slow;
          break;
        case ServerState::suspicious:
          ++status.suspicious;
          break;
        case ServerState::silent:
          ++status.silent;
          if (status.silent_since_unix_ms == 0 ||
              seen.since_unix_ms < status.silent_since_unix_ms) {
            status.silent_since_unix_ms = seen.since_unix_ms;
            status.evidence = seen.evidence;
          }
          break;
      }
    }
  }
  std::vector<NfsServerStatus> list;
  list.reserve(by_key.size());
  for (auto& [key, status] : by_key) {
    if (const auto server = servers_.find(key); server != servers_.end()) {
      status.here = server->second.here;
      if (status.evidence.empty()) status.evidence = server->second.evidence;
    }
    list.push_back(std::move(status));
  }
  return list;
}

}  // namespace sn::coordinator
