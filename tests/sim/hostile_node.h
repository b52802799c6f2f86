// A node whose key somebody has who wishes the fleet ill. He says whatever the protocol lets a node
// say, true or not, and knows what the coordinator decided: the numbers, names and requests that
// hurt most. What he can't do is speak under another key.
//
// Everything he does comes from chance of his own, so that a seed without him is the run that it
// was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/wire/messages.h"
#include "coordinator/core/state.h"
#include "tests/sim/random.h"

namespace sn::sim {

class HostileNode {
 public:
  // `nodes`, `service_nodes`: all names of the fleet.
  HostileNode(std::string name, std::vector<std::string> nodes,
              std::vector<std::string> service_nodes, uint64_t seed);

  void hear(const wire::ToAgent& message);
  // What he says next.
  [[nodiscard]] wire::ToCoordinator say(const coordinator::State& known);
  // A hello that lets him in, whatever else it says.
  [[nodiscard]] wire::Hello greet(const coordinator::State& known);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Random& random() { return random_; }
  std::string connection;  // his present one

 private:
  [[nodiscard]] std::string some_name();
  [[nodiscard]] std::string some_service_node();
  [[nodiscard]] std::string some_takeover(const coordinator::State& known);
  [[nodiscard]] uint64_t some_generation(const coordinator::State& known);
  [[nodiscard]] uint64_t some_request();
  [[nodiscard]] std::vector<wire::Binding> some_bindings();
  [[nodiscard]] std::vector<wire::Sighting> some_sightings();
  [[nodiscard]] wire::Outcome some_outcome(const coordinator::State& known);
  [[nodiscard]] wire::Quarantine some_quarantine();
  [[nodiscard]] wire::ServerSighting some_server();
  [[nodiscard]] NfsMount some_mount();
  [[nodiscard]] wire::Hello hello(const coordinator::State& known);

  const std::string name_;
  const std::vector<std::string> nodes_, service_nodes_;
  Random random_;
  uint64_t beats_ = 0;
  std::vector<uint64_t> requests_{0};  // that he heard, the last of them
};

}  // namespace sn::sim
