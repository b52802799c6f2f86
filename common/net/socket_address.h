// The address in what socket calls fill in (ip(7), ipv6(7)).
#pragma once

#include <sys/socket.h>

#include <optional>

#include "common/model/address.h"

namespace sn::net {

// nullopt: neither IPv4 nor IPv6.
[[nodiscard]] std::optional<IpAddress> address_of(const sockaddr* from);

}  // namespace sn::net
