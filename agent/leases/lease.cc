#include "agent/leases/lease.h"

#include <algorithm>

namespace sn::agent {

std::string Lease::place() const { return subject.empty() ? holder : holder + " " + subject; }

std::vector<Reference> lease_references(const std::vector<Lease>& leases,
                                        const IdentityIndex& identity) {
  std::vector<Reference> references;
  for (const auto& lease : leases) {
    for (const auto& server : lease.servers) {
      const auto owner = identity.owner_of(server);
      if (!owner) continue;
      references.push_back({.kind = lease.holder,
                            .place = lease.place(),
                            .label = "server",
                            .value = server,
                            .owner = owner->name});
    }
  }
  return references;
}

Result<std::vector<LeaseChange>> plan_leases(const std::vector<Lease>& leases,
                                             const IdentityIndex& identity, const Move& move) {
  std::vector<LeaseChange> changes;
  const ServiceNode* to = identity.directory().find(move.to);
  for (const auto& lease : leases) {
    LeaseChange change{lease.holder, lease.subject, lease.servers, {}};
    for (const auto& server : lease.servers) {
      std::string next = server;
      if (const auto owner = identity.owner_of(server); owner && move.is_from(owner->name)) {
        const auto address = own_network_address(*to, move);
        if (!address) return tl::unexpected(address.error());
        next = address->to_string();
      }
      auto& after = change.after;
      if (std::find(after.begin(), after.end(), next) == after.end()) after.push_back(next);
    }
    if (change.after != change.before) changes.push_back(std::move(change));
  }
  // A list with an entry twice, and nobody of it who is left, is not ours.
  std::erase_if(changes, [&](const LeaseChange& change) {
    return std::none_of(change.before.begin(), change.before.end(), [&](const std::string& one) {
      const auto owner = identity.owner_of(one);
      return owner && move.is_from(owner->name);
    });
  });
  return changes;
}

}  // namespace sn::agent
