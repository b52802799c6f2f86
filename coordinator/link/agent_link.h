// The one socket all agents connect to: ROUTER, CURVE, strict about who gets what.
//
// A node's identity is the public key that ZAP authenticated, never the routing id, which is random
// per agent process. Used by the daemon's one thread; nothing here blocks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/net/context.h"
#include "common/net/curve_keys.h"
#include "common/net/socket.h"
#include "common/net/socket_monitor.h"
#include "common/net/zap_handler.h"
#include "common/wire/messages.h"
#include "common/wire/parts.h"
#include "coordinator/core/core.h"
#include "coordinator/link/budgets.h"
#include "coordinator/link/connections.h"

namespace sn::coordinator {

struct AgentMessage {
  ConnectionId connection;
  std::string public_key;  // Z85, as ZAP authenticated it
  wire::ToCoordinator message;
  size_t bytes = 0;  // as it came
};

class AgentLink {
 public:
  using NodeOfKey = std::map<std::string, std::string>;

  // Binds every endpoint ("tcp://10.1.0.1:7400", "tcp://*:7400") and makes sure that a stranger is
  // refused before it returns. `admitted`: public keys in Z85, and the node of each. All
  // connections together take at most `most_connections` descriptors. conflict: the context has a
  // ZapHandler already.
  static Result<AgentLink> open(const net::Context& context, const net::CurveKeys& keys,
                                const std::vector<std::string>& endpoints, NodeOfKey admitted,
                                size_t most_connections, net::AdmissionLimits limits = {});

  // From now on these and no others. The connections of those that are none any more end.
  void admit(NodeOfKey keys);
  // And this one, too.
  void admit(const std::string& public_key, const std::string& node);
  // And this one no more.
  void retire(const std::string& public_key);

  // unreachable: this connection is gone (Core::on_send_failed). busy: its queue is full; the
  // message is lost, and what must arrive is said again by the core.
  [[nodiscard]] Status send(const ConnectionId& connection, const wire::ToAgent& message);

  // The next good message; nullopt: nothing more there. A malformed one is answered by Refused
  // and counted here. Who says more than its budget loses the frame and its connection. Looks at no
  // more than kMaxPerReceive messages.
  [[nodiscard]] Result<std::optional<AgentMessage>> receive();
  struct OverBudget {
    std::string node;
    uint64_t frames = 0;       // dropped
    uint64_t connections = 0;  // not let in
  };
  // Whoever says more or connects more often than a node has to, and is to be named; nullopt:
  // nobody new.
  [[nodiscard]] std::optional<OverBudget> over_budget();

  // Readable when connections came or went: then learn_of_connections().
  [[nodiscard]] const net::Socket& connections_socket() const { return monitor_.socket(); }
  void learn_of_connections();
  // Every kLook_ms.
  void look_at_connections();
  [[nodiscard]] Connections& connections() { return connections_; }

  [[nodiscard]] uint64_t malformed() const { return malformed_; }
  // Of the last malformed message: whose and what, for the log.
  [[nodiscard]] const std::string& last_malformed() const { return last_malformed_; }

  [[nodiscard]] const net::Socket& socket() const { return socket_; }
  [[nodiscard]] std::string endpoint() const { return socket_.last_endpoint(); }

 private:
  AgentLink(net::ZapHandler zap, NodeOfKey keys, net::Socket socket, net::SocketMonitor monitor,
            std::vector<uint16_t> ports, size_t most_connections);
  // Whose limits count: a node's, whatever its key is, and of a key that is retired its own.
  [[nodiscard]] const std::string& whose(const std::string& public_key) const;
  void count(const net::Received& received);
  void end_connection(const net::Received& received);
  // The message that `received` completes. nullopt: more of it is to come.
  [[nodiscard]] Result<std::optional<std::string>> assemble(const net::Received& received);
  void refuse_malformed(const net::Received& received, const std::string& why);

  net::ZapHandler zap_;  // ends last
  NodeOfKey keys_;
  net::Socket socket_;
  net::SocketMonitor monitor_;   // ends before it
  std::vector<uint16_t> ports_;  // of every endpoint
  Budgets budgets_;
  Connections connections_;
  MonotonicTime next_forgiveness_;
  ConnectionId ended_;  // the last; what is left of it in the queue ends nobody else's
  std::map<ConnectionId, wire::Assembly> assemblies_;  // of which something is there
  size_t assembled_bytes_ = 0;                         // in all of them
  uint8_t message_number_ = 0;
  uint64_t malformed_ = 0;
  std::string last_malformed_;
};

}  // namespace sn::coordinator
