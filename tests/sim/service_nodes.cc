#include "tests/sim/service_nodes.h"

namespace sn::sim {

const std::vector<ServicePort>& needed_services() {
  static const std::vector<ServicePort> services{
      {Transport::udp, 53}, {Transport::udp, 123}, {Transport::tcp, 2049}};
  return services;
}

template <class Change>
void ServiceNodes::change(const std::string& name, const Change& change) {
  One& one = nodes_[name];
  const bool served = one.serves(), died = one.dead;
  change(one);
  one.since = schedule_.now();
  if (!died && one.dead) one.dead_since = schedule_.now();
  if (!served && one.serves()) one.serving_since = schedule_.now();
}

void ServiceNodes::kill(const std::string& name) {
  if (!at(name).dead) change(name, [](One& one) { one.dead = true; });
}

void ServiceNodes::revive(const std::string& name) {
  if (at(name).dead) change(name, [](One& one) { one.dead = false; });
}

void ServiceNodes::stop(const std::string& name, const ServicePort& service) {
  change(name, [&](One& one) { one.stopped.insert(service); });
}

void ServiceNodes::start_all(const std::string& name) {
  if (!at(name).stopped.empty()) change(name, [](One& one) { one.stopped.clear(); });
}

const ServiceNodes::One& ServiceNodes::at(const std::string& name) const {
  static const One kWhole;
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? kWhole : found->second;
}

int64_t ServiceNodes::whole_for(const std::string& name) const {
  const One& one = at(name);
  return one.dead || !one.stopped.empty() ? 0 : schedule_.now() - one.since;
}

int64_t ServiceNodes::dead_for(const std::string& name) const {
  const One& one = at(name);
  return one.dead ? schedule_.now() - one.dead_since : 0;
}

int64_t ServiceNodes::serving_for(const std::string& name) const {
  const One& one = at(name);
  return one.serves() ? schedule_.now() - one.serving_since : 0;
}

MachineSighting ServiceNodes::look(const std::string& name,
                                   const std::vector<ServicePort>& services) const {
  const One& one = at(name);
  MachineSighting seen;
  seen.evidence = "sim";
  for (const auto& service : services) {
    const bool answers = !one.dead && !one.stopped.contains(service);
    seen.services.push_back({service, answers ? ServiceAnswer::answered : ServiceAnswer::silent});
  }
  if (one.dead) {
    seen.life = Life::silent;
  } else {
    // A service node whose services are dead still has a kernel that answers pings.
    seen.life = !services.empty() && one.serves() ? Life::serves : Life::echo;
  }
  return seen;
}

}  // namespace sn::sim
