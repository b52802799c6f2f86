// Servers that a running daemon asks and no file of the node names: most came by DHCP. They are
// changed in the daemon itself, and come back by themselves when their time is over.
//
// Values, pure. holder.h says who holds them and how they are changed.
#pragma once

#include <string>
#include <vector>

#include "agent/references/kind.h"
#include "common/model/identity.h"
#include "common/model/reference.h"

namespace sn::agent {

struct Lease {
  std::string holder;                // LeaseHolder::name()
  std::string subject;               // the network interface; empty: of the daemon as a whole
  std::vector<std::string> servers;  // numeric, in the order in which they are asked
  bool operator==(const Lease&) const = default;

  // "resolved eth1", as plans and findings say it.
  [[nodiscard]] std::string place() const;
};

struct LeaseChange {
  std::string holder;
  std::string subject;
  std::vector<std::string> before;
  std::vector<std::string> after;
  bool undoes = false;      // puts back what was there, in the daemon's own way if it has one
  bool with_files = false;  // a file of its holder is changed as well, and is to be followed
  bool operator==(const LeaseChange&) const = default;

  [[nodiscard]] std::string place() const { return Lease{holder, subject, {}}.place(); }
};

// Role `move`; of servers of the directory only.
[[nodiscard]] std::vector<Reference> lease_references(const std::vector<Lease>& leases,
                                                      const IdentityIndex& identity);

// One a lease that names who is left: each address becomes the new service node's on the network of
// the node's own; of equal ones the first stays. invalid_input: it has none there.
[[nodiscard]] Result<std::vector<LeaseChange>> plan_leases(const std::vector<Lease>& leases,
                                                           const IdentityIndex& identity,
                                                           const Move& move);

}  // namespace sn::agent
