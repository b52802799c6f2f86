// What follows from how nodes and this machine see the NFS servers (nfs_servers.h): this machine's
// own questions, events, and orders to look closely. Nothing else follows.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/fleet.h"
#include "coordinator/core/nfs_servers.h"
#include "coordinator/core/outbox.h"

namespace sn::coordinator {

class ServerWatch {
 public:
  // `requests`: the last request number that was given out.
  ServerWatch(const Directory& directory, const Fleet& fleet, Outbox& outbox, uint64_t& requests)
      : fleet_(fleet), outbox_(outbox), requests_(requests), servers_(directory) {}

  // All servers of this node, as it sees them now.
  void take(const std::string& node, const std::vector<wire::ServerSighting>& sightings, Now now);
  void on_ping(uint64_t request, bool answered, const std::string& evidence, Now now);
  void tick(Now now);
  [[nodiscard]] MonotonicTime next_tick() const { return servers_.next_tick(); }

  [[nodiscard]] const NfsServers& servers() const { return servers_; }

 private:
  void raise_alarms(Now now);

  const Fleet& fleet_;
  Outbox& outbox_;
  uint64_t& requests_;
  NfsServers servers_;
};

}  // namespace sn::coordinator
