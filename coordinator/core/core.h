// The coordinator as a plain state machine: events and the time go in, effects come out. No I/O, no
// locks, no clock, no randomness of its own; one thread owns it. The daemon wires it to ZeroMQ,
// SQLite and a UNIX socket; the simulator to a fake network.
//
// Decide, persist, then speak: the shell commits every Store effect of a batch before it carries
// out anything else of that batch. If the commit fails, the shell drops the batch and stops.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/model/cluster_file.h"
#include "coordinator/core/config.h"
#include "coordinator/core/effects.h"

namespace sn::coordinator {

class Core {
 public:
  // `state` as the store loaded it. start() must be called once before anything else.
  Core(Config config, State state);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Takes the first inventory as on_inventory() does, and goes on with the takeovers that the last
  // process left.
  [[nodiscard]] Effects start(Cluster inventory, Now now);
  // The inventory as it is from now on, whole. Seeds nodes that the table does not know; never
  // moves one. A node that left it and was never moved leaves the table.
  [[nodiscard]] Effects on_inventory(Cluster inventory, Now now);

  // The node said more than its budget allows, or connected more often: frames that were dropped
  // and connections that were not let in, since it was said last.
  [[nodiscard]] Effects on_over_budget(const std::string& node, uint64_t frames,
                                       uint64_t connections, Now now);
  // A node asks to be let in: AnswerKnock follows.
  [[nodiscard]] Effects on_knock(const Knocked& knocked, Now now);
  // The answer to AskNode. `key` is empty: there is none, and `said` is why.
  [[nodiscard]] Effects on_node_key(uint64_t request, const std::string& key,
                                    const std::string& said, Now now);
  // `public_key` is what ZAP authenticated this connection with; a message under a key that is
  // not enrolled, or that claims another node's name, is refused.
  [[nodiscard]] Effects on_message(const ConnectionId& connection, const std::string& public_key,
                                   wire::ToCoordinator message, Now now);
  // The ROUTER does not know this connection any more: wait for a new hello.
  [[nodiscard]] Effects on_send_failed(const ConnectionId& connection, Now now);
  [[nodiscard]] Effects on_probe(uint64_t request, const MachineSighting& seen, Now now);
  [[nodiscard]] Effects on_power(uint64_t request, Power power, const std::string& said, Now now);
  [[nodiscard]] Effects on_ping(uint64_t request, bool answered, const std::string& evidence,
                                Now now);
  // A takeover as it went to the files, for the client that asked to be shown it.
  [[nodiscard]] Effects on_filed(ClientId client, Result<ShownTakeover> takeover, Now now);
  // What the store can still write. While it is full nothing is begun: what was begun before still
  // ends, by the reserve (store/reserve.h).
  [[nodiscard]] Effects on_disk(const Disk& disk, Now now);
  [[nodiscard]] Effects on_command(ClientId client, const Command& command, Now now);
  [[nodiscard]] Effects on_client_gone(ClientId client, Now now);
  [[nodiscard]] Effects tick(Now now);

  // When tick() wants to be called next, at the latest.
  [[nodiscard]] MonotonicTime next_tick() const;
  [[nodiscard]] const State& state() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sn::coordinator
