// sncoordd's one thread: one reactor waits for agents, administrators, probes and signals and hands
// what came to the core. At the end of each turn what the core wants is carried out as one batch
// (store/batches.h): first everything durable, in one commit, then the rest.
#pragma once

#include <csignal>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "coordinator/config.h"
#include "coordinator/control/control_server.h"
#include "coordinator/core/core.h"
#include "coordinator/enrolment/key_asker.h"
#include "coordinator/enrolment/knock_server.h"
#include "coordinator/feed/feed_publisher.h"
#include "coordinator/health/pinger.h"
#include "coordinator/health/power_status.h"
#include "coordinator/health/prober.h"
#include "coordinator/link/agent_link.h"
#include "coordinator/store/batches.h"
#include "coordinator/store/engine.h"
#include "coordinator/store/filed_reader.h"
#include "coordinator/store/reserve.h"

namespace sn::coordinator {

class Daemon {
 public:
  // Opens everything, in the order that keeps it safe: the store's lock, the ZAP handler with its
  // keys, the agents' socket (and its self-test), control, feed. Blocks SIGTERM and SIGINT.
  // `raw`: rights.h.
  static Result<std::unique_ptr<Daemon>> open(const DaemonConfig& config, Cluster cluster,
                                              const Groups& groups, net::RawSockets raw);
  ~Daemon();

  // Says `ready` on stderr and serves until SIGTERM or SIGINT. An error: the engine is
  // fenced (store/engine.h); nothing that relied on what it has not kept was said.
  [[nodiscard]] Status run();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);

  [[nodiscard]] Status serve_people(const DaemonConfig& config, const Groups& groups,
                                    FeedPublisher::NameOfKey subscribers);
  [[nodiscard]] Status serve_nodes_without_a_key(const DaemonConfig& config);
  void join_reactor(const DaemonConfig& config, net::RawSockets raw);
  void receive();
  [[nodiscard]] bool stop_asked();
  void keep_house();
  [[nodiscard]] Status end_turn();
  // An error: nothing may be said any more.
  [[nodiscard]] Status flush();
  void carry_out(Effects& batch);
  void carry_out(Effect& effect);
  void speak(const ConnectionId& connection, const wire::ToAgent& message);
  void complain(MonotonicTime now);

  std::unique_ptr<Parts> parts_;
};

}  // namespace sn::coordinator
