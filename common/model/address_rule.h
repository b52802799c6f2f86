// Which address a node has by a rule of the inventory: "10.1.1.{n}" or "10.1.1.{n+10}", where n is
// the number that the node's name ends in, before its first dot ("cn007" has 7); a rule without
// braces is the address itself. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "common/model/address.h"

namespace sn {

// nullopt: the node has no number, or what comes out is no address.
[[nodiscard]] std::optional<IpAddress> address_by_rule(std::string_view rule,
                                                       std::string_view node);

}  // namespace sn
