// Do names resolve on this node, over the path that its programs use? The name servers of
// /etc/resolv.conf are asked as glibc would ask them (resolv.conf(5)): in their order, of which the
// first that serves is enough; one that is silent costs every program some seconds, one that says
// SERVFAIL or REFUSED is passed over.
//
// Asked are the node's own name and the service node's. A name server on this node (127.0.0.0/8,
// ::1, an own address) knows such names by itself, so what counts of it is a name that nobody has:
// it must ask on, and NXDOMAIN comes from whom it asks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/asking.h"
#include "agent/plan/observation.h"
#include "common/model/identity.h"
#include "common/model/reference.h"

namespace sn::agent {

// What a node is called, as the programs on it look it up (resolv.conf(5)): its host name; where
// that has no dot, with the first domain that is searched.
[[nodiscard]] std::string domain_name_of(std::string_view host_name, std::string_view resolv_conf);

// What a service node is asked for as a name server: the node's own name. Where that has no domain
// the service node's, because a name without one is nobody's to answer.
[[nodiscard]] std::string asked_name(const Observation& observation,
                                     const ServiceNode& service_node);

class NamePath {
 public:
  // `to`: the service node that the names are to come from. `unheard`: a label that nobody has
  // asked for yet.
  NamePath(const Observation& observation, const IdentityIndex& identity, const std::string& to,
           std::string_view unheard);

  // None: the names of this node have nothing to do with the service node. All of names only.
  [[nodiscard]] const std::vector<Ask>& asks() const { return asks_; }
  // What is wrong, by what came of them, in their order; nullopt: names resolve at once.
  [[nodiscard]] std::optional<Finding> judge(const std::vector<MachineSighting>& seen) const;

 private:
  struct Server {
    IpAddress address;
    bool local = false;  // on this node
    bool ours = false;   // the service node itself
    size_t begin = 0;    // its asks
    size_t end = 0;
  };

  std::vector<Server> servers_;
  std::vector<Ask> asks_;
};

}  // namespace sn::agent
