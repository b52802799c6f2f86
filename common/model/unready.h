// What a service node does not do for a node that asks it, as one fact. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/facts/fact.h"
#include "common/model/life.h"

namespace sn {

// "53/udp, 2049/tcp"
[[nodiscard]] std::string list_of(const std::vector<ServicePort>& services);

// Of services that were asked of `to`: the worst of those that are not ready. Empty: all are.
[[nodiscard]] Fact unready_fact(const std::string& to,
                                const std::vector<ServiceSighting>& services);

// The fact says that a service does not serve the node: one of unready_fact(), or that its names do
// not resolve; with the place where it was found, or without. Its cure is elsewhere, and time may
// bring it.
[[nodiscard]] bool says_unready(const Fact& fact);

}  // namespace sn
