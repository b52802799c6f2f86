#include "coordinator/core/server_watch.h"

#include <utility>

#include "coordinator/core/wording.h"

namespace sn::coordinator {

namespace {

const event::Kind& event_of(ServerState state) {
  if (state == ServerState::silent) return event::kServerSilent;
  return state == ServerState::slow ? event::kServerSlow : event::kServerAnswering;
}

}  // namespace

void ServerWatch::take(const std::string& node, const std::vector<wire::ServerSighting>& sightings,
                       Now now) {
  for (const auto& server : servers_.take(node, sightings, now)) {
    outbox_.publish(event_of(server.state), now, "", node, server.owner, wording::seen(server));
  }
  raise_alarms(now);
}

void ServerWatch::on_ping(uint64_t request, bool answered, const std::string& evidence, Now now) {
  servers_.on_ping(request, answered, evidence, now.monotonic);
  raise_alarms(now);
}

void ServerWatch::tick(Now now) {
  for (auto& ping : servers_.due_pings(now.monotonic, requests_)) outbox_.ask(std::move(ping));
  for (const auto& order : servers_.deputies(fleet_, now.monotonic)) {
    const Presence* presence = fleet_.find(order.node);
    outbox_.send(*presence->connection,
                 wire::WatchServer{order.address, kDeputyMs + kDeputyOverlapMs});
  }
}

void ServerWatch::raise_alarms(Now now) {
  for (const auto& alarm : servers_.alarms(fleet_, now.monotonic)) {
    outbox_.publish(
        event::kServerDoubted, now, "", "", alarm.owner,
        wording::told_to_look(alarm.owner, alarm.address, alarm.node, alarm.orders.size()));
    for (const auto& order : alarm.orders) {
      const Presence* presence = fleet_.find(order.node);
      outbox_.send(*presence->connection, wire::WatchServer{order.address, kWatchMs});
    }
  }
}

}  // namespace sn::coordinator
