#include "agent/executor/name_path.h"

#include <algorithm>
#include <set>

#include "agent/references/kind.h"
#include "agent/references/resolver.h"

namespace sn::agent {

namespace {

// MAXNS of resolv.h.
constexpr size_t kMaxNameServers = 3;

const ObservedFile* resolver_file(const Observation& observation) {
  for (const auto& file : observation.files) {
    if (file.kind->name() == "resolver") return &file;
  }
  return nullptr;
}

std::string domain_of(const std::string& name) {
  const size_t dot = name.find('.');
  return dot == std::string::npos ? std::string() : name.substr(dot + 1);
}

// The service node's name with a domain; without one, in the node's own.
std::string full_name(const ServiceNode& service_node, const std::string& own_domain) {
  for (const auto& name : service_node.node_names) {
    if (name.find('.') != std::string::npos) return name;
  }
  if (service_node.node_names.empty() || own_domain.empty()) return {};
  return service_node.node_names.front() + "." + own_domain;
}

bool is_local(const IpAddress& address, const Observation& observation) {
  const auto& own = observation.own_addresses;
  return address.is_loopback() || std::any_of(own.begin(), own.end(), [&](const auto& one) {
           return one.address == address;
         });
}

}  // namespace

std::string domain_name_of(std::string_view host_name, std::string_view resolv_conf) {
  std::string name(host_name);
  if (name.empty() || name.find('.') != std::string::npos) return name;
  const std::string domain = searched_domain(resolv_conf);
  return domain.empty() ? name : name + "." + domain;
}

std::string asked_name(const Observation& observation, const ServiceNode& service_node) {
  const ObservedFile* file = resolver_file(observation);
  std::string own =
      domain_name_of(observation.host_name, file == nullptr ? std::string() : file->text);
  if (!domain_of(own).empty()) return own;
  if (std::string theirs = full_name(service_node, {}); !theirs.empty()) return theirs;
  return own;
}

NamePath::NamePath(const Observation& observation, const IdentityIndex& identity,
                   const std::string& to, std::string_view unheard) {
  const ObservedFile* file = resolver_file(observation);
  const ServiceNode* service_node = identity.directory().find(to);
  if (file == nullptr || service_node == nullptr) return;
  auto listed = listed_name_servers(file->text);
  if (listed.empty()) listed.emplace_back("127.0.0.1");
  if (listed.size() > kMaxNameServers) listed.resize(kMaxNameServers);
  for (const auto& text : listed) {
    const auto address = IpAddress::parse(text);
    if (!address) continue;  // glibc passes it over, too
    const auto owner = identity.owner_of(text);
    servers_.push_back({*address, is_local(*address, observation), owner && owner->name == to});
  }
  const bool concerned = std::any_of(servers_.begin(), servers_.end(), [](const Server& server) {
    return server.local || server.ours;
  });
  if (!concerned) servers_.clear();
  const std::string own = domain_name_of(observation.host_name, file->text);
  const std::string theirs = full_name(*service_node, domain_of(own));
  const std::set<std::string> names = {own, theirs};
  std::set<std::string> unheard_names;
  for (const auto& name : names) {
    if (const auto domain = domain_of(name); !domain.empty()) {
      unheard_names.insert(std::string(unheard) + "." + domain);
    }
  }
  for (auto& server : servers_) {
    server.begin = asks_.size();
    for (const auto& name : server.local && !unheard_names.empty() ? unheard_names : names) {
      if (!name.empty()) asks_.push_back({server.address, {kNameService}, name});
    }
    server.end = asks_.size();
  }
}

std::optional<Finding> NamePath::judge(const std::vector<MachineSighting>& seen) const {
  const Server* waits_for = nullptr;  // the first that is silent
  const Server* fails = nullptr;
  for (const auto& server : servers_) {
    ServiceAnswer best = ServiceAnswer::silent;
    for (size_t i = server.begin; i < std::min(server.end, seen.size()); ++i) {
      for (const auto& sighting : seen[i].services) best = std::max(best, sighting.answer);
    }
    if (best == ServiceAnswer::answered) {
      if (waits_for == nullptr) return std::nullopt;
      return Finding{FindingClass::not_in_effect, "/etc/resolv.conf",
                     Fact(FactCode::names_come_late, {.address = waits_for->address.to_string()}),
                     Cure(CureCode::ask_name_server, {.address = waits_for->address.to_string()})};
    }
    // A closed port is told at once, like an error.
    if (best == ServiceAnswer::silent) {
      if (waits_for == nullptr) waits_for = &server;
    } else if (fails == nullptr) {
      fails = &server;
    }
  }
  if (servers_.empty()) return std::nullopt;
  const Server& first = fails != nullptr ? *fails : *waits_for;
  const std::string address = first.address.to_string();
  return Finding{FindingClass::not_in_effect, "/etc/resolv.conf",
                 Fact(first.local ? FactCode::no_names_through : FactCode::no_names_from,
                      {.address = address}),
                 Cure(CureCode::ask_name_server, {.address = address})};
}

}  // namespace sn::agent
