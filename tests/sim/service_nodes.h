// The service nodes of a simulated cluster as they really are: dead, or alive without some of their
// services, and since when.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/life.h"
#include "common/model/service_port.h"
#include "tests/sim/schedule.h"

namespace sn::sim {

// What every node of the simulation needs of its service node.
[[nodiscard]] const std::vector<ServicePort>& needed_services();

class ServiceNodes {
 public:
  explicit ServiceNodes(const Schedule& schedule) : schedule_(schedule) {}

  void kill(const std::string& name);
  void revive(const std::string& name);  // with the services that it had
  // One of needed_services().
  void stop(const std::string& name, const ServicePort& service);
  void start_all(const std::string& name);

  [[nodiscard]] bool dead(const std::string& name) const { return at(name).dead; }
  // Alive, with all of its services, for so long already; 0: it is not.
  [[nodiscard]] int64_t whole_for(const std::string& name) const;
  [[nodiscard]] int64_t dead_for(const std::string& name) const;
  // A service of it answered in all of this time.
  [[nodiscard]] int64_t serving_for(const std::string& name) const;
  // What a look at these services finds; none: at its kernel only.
  [[nodiscard]] MachineSighting look(const std::string& name,
                                     const std::vector<ServicePort>& services) const;

 private:
  struct One {
    bool dead = false;
    std::set<ServicePort> stopped;
    MonotonicTime since;  // the last change
    MonotonicTime dead_since;
    MonotonicTime serving_since;  // of a service, if it serves
    [[nodiscard]] bool serves() const { return !dead && stopped.size() < needed_services().size(); }
  };
  template <class Change>
  void change(const std::string& name, const Change& change);
  [[nodiscard]] const One& at(const std::string& name) const;

  const Schedule& schedule_;
  std::map<std::string, One> nodes_;
};

}  // namespace sn::sim
