// The coordinator as a plain state machine: events and the time go in, effects come out. No I/O, no
// locks, no clock, no randomness of its own; one thread owns it. The daemon wires it to ZeroMQ,
// SQLite and a UNIX socket; the simulator to a fake network.
//
// Decide, persist, then speak: the shell commits every Store effect of a batch before it carries
// out anything else of that batch. If the commit fails, the shell drops the batch and stops.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/model/cluster_file.h"
#include "common/wire/messages.h"
#include "coordinator/core/commands.h"
#include "coordinator/core/state.h"

namespace sn::coordinator {

// The routing id of one connection: opaque bytes, random per agent process.
using ConnectionId = std::string;

struct Config {
  uint32_t beat_interval_ms = 30'000;
  // How long a preflight waits for the probes (1 s on nodes and here) and the plans (some 50 ms). A
  // node whose way to us died with its service node is waited for in vain: it shows as silent.
  uint32_t probe_ms = 1'000;
  uint32_t preflight_ms = 2'500;
  // A Rebind that was neither accepted nor ended is said again after this; saying it twice is safe.
  uint32_t resend_ms = 5'000;
  std::string feed_epoch;  // random, chosen by the shell
};

struct Store {
  StoreChange change;
};
struct Send {
  ConnectionId connection;
  wire::Message message;
};
struct Reply {
  ClientId client = 0;
  Answer answer;
  bool last = true;  // the shell closes the exchange
};
struct Publish {
  Event event;
};
// Probe a service node's addresses by TCP; answer with Core::on_probe.
struct Probe {
  uint64_t request = 0;
  std::string service_node;
  std::vector<std::string> addresses;  // numeric
  uint32_t deadline_ms = 0;
};
// Ask an NFS server by RPC NULL; answer with Core::on_ping.
struct Ping {
  uint64_t request = 0;
  std::string address;  // numeric
  uint16_t port = 0;
  uint32_t deadline_ms = 0;
};
using Effect = std::variant<Store, Send, Reply, Publish, Probe, Ping>;
using Effects = std::vector<Effect>;

struct Now {
  MonotonicTime monotonic;
  WallTime wall;
};

class Core {
 public:
  // `state` as the store loaded it. start() must be called once before anything else.
  Core(Config config, Cluster cluster, State state);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Seeds rows for nodes the table does not know; never moves a node.
  [[nodiscard]] Effects start(Now now);

  // `public_key` is what ZAP authenticated this connection with; a message under a key that is
  // not enrolled, or that claims another node's name, is refused.
  [[nodiscard]] Effects on_message(const ConnectionId& connection, const std::string& public_key,
                                   const wire::Message& message, Now now);
  // The ROUTER does not know this connection any more: wait for a new hello.
  [[nodiscard]] Effects on_send_failed(const ConnectionId& connection, Now now);
  [[nodiscard]] Effects on_probe(uint64_t request, bool alive, const std::string& evidence,
                                 Now now);
  [[nodiscard]] Effects on_ping(uint64_t request, bool answered, const std::string& evidence,
                                Now now);
  [[nodiscard]] Effects on_command(ClientId client, const Command& command, Now now);
  [[nodiscard]] Effects on_client_gone(ClientId client, Now now);
  [[nodiscard]] Effects tick(Now now);

  // When tick() wants to be called next, at the latest.
  [[nodiscard]] MonotonicTime next_tick() const;
  // Keys ZAP may let in: Z85 public key -> node.
  [[nodiscard]] const std::map<std::string, std::string>& keys() const;
  [[nodiscard]] const State& state() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sn::coordinator
