#include "agent/servers/server_health.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sn::agent {

namespace {

bool same_server(const wire::NfsServer& a, const wire::NfsServer& b) {
  return a.address == b.address && a.port == b.port;
}

}  // namespace

void ServerHealth::set_servers(std::vector<wire::NfsServer> servers, MonotonicTime now) {
  std::stable_partition(servers.begin(), servers.end(),
                        [](const wire::NfsServer& server) { return server.critical; });
  if (servers.size() > kMaxServers) servers.resize(kMaxServers);
  std::vector<Server> next;
  bool changed = servers.size() != servers_.size();
  for (auto& target : servers) {
    const auto is_it = [&](const Server& server) { return same_server(server.target, target); };
    if (std::any_of(next.begin(), next.end(), is_it)) continue;
    const auto known = std::find_if(servers_.begin(), servers_.end(), is_it);
    if (known != servers_.end()) {
      changed = changed || known->target != target;
      known->target = std::move(target);
      next.push_back(std::move(*known));
      servers_.erase(known);
    } else {
      changed = true;
      Server server;
      server.target = std::move(target);
      server.since = now;
      std::uniform_int_distribution<int64_t> soon(0, kFirstLookMs - 1);
      server.next = now + soon(random_);
      server.close_until = server.next + 1;  // once
      next.push_back(std::move(server));
    }
  }
  servers_ = std::move(next);
  if (changed) tell(News::good);
  if (!round_ && !servers_.empty()) {
    std::uniform_int_distribution<int64_t> phase(0, kRoundMs - 1);
    round_ = now + phase(random_);
  }
}

void ServerHealth::watch(const std::string& address, int64_t for_ms, MonotonicTime now) {
  for (auto& server : servers_) {
    if (server.target.address != address) continue;
    const bool already = looked_at_closely(server);
    server.close_until =
        std::max(server.close_until, now + std::clamp<int64_t>(for_ms, 0, kMaxWatchMs));
    if (already) continue;
    std::uniform_int_distribution<int64_t> spread(0, kWatchSpreadMs);
    server.next = now + spread(random_);
  }
}

void ServerHealth::set_unanswered(const std::string& address, const std::string& text) {
  for (auto& server : servers_) {
    if (server.target.address != address) continue;
    if (server.unanswered.empty() != text.empty()) tell(News::good);
    server.unanswered = text;
  }
}

bool ServerHealth::looked_at_closely(const Server& server) {
  return server.state == ServerState::suspicious || server.state == ServerState::silent ||
         server.next < server.close_until;
}

std::optional<MonotonicTime> ServerHealth::verdict_due(const Server& server) {
  if (!server.first || server.state == ServerState::silent) return std::nullopt;
  if (server.state != ServerState::suspicious) return *server.first + kSuspectMs;
  if (!server.second) return std::nullopt;  // its ping is due first
  return std::max(*server.first + kSilentMs, *server.second + kSecondPingMs);
}

void ServerHealth::judge_silence(Server& server, MonotonicTime now) {
  auto due = verdict_due(server);
  if (due && *due <= now && server.state != ServerState::suspicious) {
    enter(server, ServerState::suspicious, *server.first);
    server.evidence = "no answer for " + std::to_string(now - *server.first) + " ms";
    server.next = std::min(server.next, now);
    if (server.next < *server.first + kCloseLookMs) server.next = *server.first + kCloseLookMs;
    due = verdict_due(server);
  }
  if (due && *due <= now) enter(server, ServerState::silent, *server.first);
}

std::vector<PingStart> ServerHealth::tick(MonotonicTime now, int64_t early_ms) {
  std::vector<PingStart> starts;
  for (auto& server : servers_) judge_silence(server, now);
  const bool round = round_ && *round_ <= now + early_ms;
  if (round) round_ = now + kRoundMs;
  for (auto& server : servers_) {
    if (looked_at_closely(server) ? server.next <= now : round) start(server, now, starts);
  }
  return starts;
}

void ServerHealth::start(Server& server, MonotonicTime now, std::vector<PingStart>& starts) {
  const bool long_silent =
      server.state == ServerState::silent && now - server.since >= kLongSilenceMs;
  server.next = now + (long_silent ? kLongSilenceLookMs : kCloseLookMs);
  if (server.out.size() >= kMaxPingsOut) return;
  if (!server.first) {
    server.first = now;
  } else if (!server.second) {
    server.second = now;
  }
  server.out.push_back({++next_id_, now});
  const uint32_t port = server.target.port;
  starts.push_back({next_id_, server.target.address,
                    port == 0 || port > std::numeric_limits<uint16_t>::max()
                        ? kNfsPort
                        : static_cast<uint16_t>(port),
                    server.target.version == 3 ? 3U : 4U, kPingDeadlineMs});
}

void ServerHealth::on_ping(uint64_t id, const PingResult& result, MonotonicTime now) {
  for (auto& server : servers_) {
    const auto found = std::find_if(server.out.begin(), server.out.end(),
                                    [id](const Ping& ping) { return ping.id == id; });
    if (found == server.out.end()) continue;
    const Ping ping = *found;
    server.out.erase(found);
    if (result.answered) {
      take_answer(server, result, now);
    } else if (server.first && ping.started >= *server.first) {
      // Of pings that began before the last answer nothing follows.
      if (server.state != ServerState::suspicious && server.state != ServerState::silent) {
        enter(server, ServerState::suspicious, *server.first);
        server.next = *server.first + kCloseLookMs;
      }
      server.evidence = result.evidence;
    }
    return;
  }
}

void ServerHealth::take_answer(Server& server, const PingResult& result, MonotonicTime now) {
  const bool prompt = result.rtt_us < kSlowUs;
  server.evidence = result.evidence;
  server.first.reset();
  server.second.reset();
  server.quick = prompt ? server.quick + 1 : 0;
  if (server.state == ServerState::silent) {
    server.close_until = std::max(server.close_until, now + kReturnedLookMs);
    server.next = std::min(server.next, now + kCloseLookMs);
  }
  if (!prompt) {
    if (server.state != ServerState::slow) {
      server.close_until = std::max(server.close_until, now + kSlowLookMs);
      enter(server, ServerState::slow, now);
    }
  } else if (server.state != ServerState::slow || server.quick >= kQuickAnswers) {
    enter(server, ServerState::answering, now);
  }
}

void ServerHealth::enter(Server& server, ServerState state, MonotonicTime since) {
  if (server.state == state) return;
  const bool good = server.state == ServerState::unknown && state == ServerState::answering;
  server.state = state;
  server.since = since;
  if (state != ServerState::answering) server.quick = 0;
  tell(good ? News::good : News::urgent);
}

MonotonicTime ServerHealth::next_tick() const {
  MonotonicTime next{std::numeric_limits<int64_t>::max()};
  for (const auto& server : servers_) {
    if (looked_at_closely(server)) next = std::min(next, server.next);
    if (const auto due = verdict_due(server)) next = std::min(next, *due);
  }
  if (round_ && !servers_.empty()) next = std::min(next, *round_);
  return next;
}

ServerHealth::News ServerHealth::take_news() { return std::exchange(news_, News::none); }

std::vector<wire::ServerSighting> ServerHealth::sightings(MonotonicTime now) const {
  std::vector<wire::ServerSighting> list;
  list.reserve(servers_.size());
  for (const auto& server : servers_) {
    wire::ServerSighting sighting;
    sighting.address = server.target.address;
    sighting.port = server.target.port == 0 ? kNfsPort : server.target.port;
    sighting.owner = server.target.owner;
    sighting.state = server.state;
    sighting.since_ms = static_cast<uint64_t>(std::max<int64_t>(now - server.since, 0));
    sighting.evidence = server.evidence;
    sighting.unanswered = server.unanswered;
    sighting.mounts = static_cast<uint32_t>(server.target.mounts.size());
    sighting.critical = server.target.critical;
    list.push_back(std::move(sighting));
  }
  return list;
}

}  // namespace sn::agent
