#include "common/model/unready.h"

#include <algorithm>

namespace sn {

std::string list_of(const std::vector<ServicePort>& services) {
  std::string text;
  for (const auto& service : services) text += (text.empty() ? "" : ", ") + service.to_string();
  return text;
}

Fact unready_fact(const std::string& to, const std::vector<ServiceSighting>& services) {
  std::vector<ServicePort> silent;
  for (const auto& [service, answer] : services) {
    if (!is_ready(answer) && answer != ServiceAnswer::failing) silent.push_back(service);
  }
  if (!silent.empty()) return Fact(FactCode::service_silent, {.to = to, .value = list_of(silent)});
  const auto fails = [&](uint16_t port) {
    return std::any_of(services.begin(), services.end(), [&](const ServiceSighting& sighting) {
      return sighting.answer == ServiceAnswer::failing && sighting.service.port == port;
    });
  };
  if (fails(kDomainPort)) return Fact(FactCode::names_not_served, {.to = to});
  if (fails(kTimePort)) return Fact(FactCode::clock_not_synchronised, {.to = to});
  return {};
}

bool says_unready(const Fact& fact) {
  if (fact.is(FactCode::found_at)) return says_unready(fact.because());
  return fact.is(FactCode::service_silent) || fact.is(FactCode::names_not_served) ||
         fact.is(FactCode::clock_not_synchronised) || fact.is(FactCode::no_names_from) ||
         fact.is(FactCode::no_names_through) || fact.is(FactCode::names_come_late);
}

}  // namespace sn
