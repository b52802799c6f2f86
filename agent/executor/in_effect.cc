#include "agent/executor/in_effect.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "agent/executor/asking.h"
#include "agent/executor/log_test_line.h"
#include "agent/executor/name_path.h"
#include "agent/executor/prove.h"
#include "agent/plan/needs.h"
#include "agent/routes/kernel_routes.h"
#include "agent/watch/bounded.h"
#include "common/model/unready.h"

namespace sn::agent {

namespace {

// It answered when it was mounted, a moment ago.
constexpr int64_t kMountAnswersMs = 3'000;
constexpr uint32_t kMainTable = 254;  // RT_TABLE_MAIN

Result<std::string> looked_at(const std::string& place) {
  struct statvfs info{};
  if (statvfs(place.c_str(), &info) == 0) return std::string();
  return fail_errno("looking at", place);
}

// Any address behind the route; for the default one that no more special route holds (RFC 5737
// TEST-NET-2).
IpAddress address_behind(const Route& route) {
  if (route.destination) return *route.destination;
  return route.family == IpAddress::Family::v4 ? *IpAddress::parse("198.51.100.1")
                                               : *IpAddress::parse("2001:db8::1");
}

}  // namespace

std::vector<std::string> names_of_running(const Services& services) {
  std::vector<std::string> names;
  for (const auto& [service, processes] : services.running_all()) names.push_back(service);
  return names;
}

std::vector<Finding> find_unserved(const wire::Rebind& rebind, const RebindEnvironment& environment,
                                   const wire::Inventory& inventory, const Observation& observation,
                                   const IdentityIndex& identity) {
  std::vector<Finding> found;
  const auto running = names_of_running(environment.services);
  const std::string& to = rebind.to;
  const NamePath names(observation, identity, to, "snkeeper-" + std::to_string(rebind.generation));
  std::vector<Ask> asks = names.asks();
  const auto ask = ask_for(needs_of(observation, inventory, identity, {to}, running), to,
                           observation, environment);
  if (ask) asks.push_back(*ask);
  auto seen = ask_all(asks, net::MachineProbes::Until::every_service, kAskingMs);
  bool serves_names = true;
  if (ask) {
    for (const auto& service : seen.back().services) {
      if (is_ready(service.answer)) continue;
      if (service.service == kNameService) serves_names = false;
      found.push_back({FindingClass::not_in_effect, "", unready_fact(to, {service}),
                       Cure(CureCode::start_service_there, {.to = to})});
    }
    seen.pop_back();
  }
  // Said once.
  auto trouble = names.judge(seen);
  if (trouble && serves_names) found.push_back(std::move(*trouble));
  if (!logs_to(observation, identity, {to}, running)) return found;
  if (auto status = send_log_test_line(rebind.takeover, to); !status) {
    found.push_back({FindingClass::note, "",
                     Fact(FactCode::no_test_line, {.to = to}, status.error().fact()),
                     status.error().cure});
  }
  return found;
}

std::vector<Finding> find_routes_not_in_effect(const Plan& plan, const Directory& directory) {
  std::vector<Finding> found;
  const IdentityIndex identity(directory);
  for (const auto& change : plan.routes) {
    if (change.before.table != kMainTable) continue;  // a lookup can't choose a table
    const auto gateway = lookup_gateway(address_behind(change.before));
    if (!gateway || !*gateway) continue;
    const auto owner = identity.owner_of(**gateway);
    if (owner && plan.move.is_from(owner->name) && !plan.keeps("route", owner->name)) {
      found.push_back({FindingClass::not_in_effect, "route " + change.before.target(),
                       Fact(FactCode::packets_still_go_to, {.address = (*gateway)->to_string()}),
                       Cure(CureCode::show_routes)});
    }
  }
  return found;
}

// Asked by one process for all, and only if it does not come back by one for each.
std::vector<Finding> find_mounts_not_in_effect(const Staging& staging,
                                               const wire::Inventory& inventory,
                                               const std::string& to) {
  std::vector<Finding> found;
  if (staging.swaps().empty()) return found;
  const auto all = run_bounded(
      [&]() -> Result<std::string> {
        for (const auto& swap : staging.swaps()) {
          for (const auto& place : swap->swap().places) {
            if (auto one = looked_at(place.place); !one) return one;
          }
        }
        return std::string();
      },
      kMountAnswersMs, "the mounts of " + to);
  for (const auto& swap : staging.swaps()) {
    for (const auto& place : swap->swap().places) {
      const auto there =
          std::find_if(inventory.mounts.begin(), inventory.mounts.end(),
                       [&](const NfsMount& mount) { return mount.place == place.place; });
      const bool ours = there != inventory.mounts.end() && there->address == swap->swap().address;
      const auto answers =
          all ? all
              : run_bounded([&] { return looked_at(place.place); }, kMountAnswersMs, place.place);
      if (ours && answers) continue;
      found.push_back({FindingClass::not_in_effect, mount_name(place.place),
                       ours ? answers.error().fact()
                            : Fact(FactCode::not_mounted_from, {.address = swap->swap().address}),
                       Cure(CureCode::show_mounts)});
    }
  }
  return found;
}

}  // namespace sn::agent
