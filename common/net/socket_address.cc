#include "common/net/socket_address.h"

#include <netinet/in.h>

namespace sn::net {

std::optional<IpAddress> address_of(const sockaddr* from) {
  if (from->sa_family == AF_INET) {
    return IpAddress::from_bytes(&reinterpret_cast<const sockaddr_in*>(from)->sin_addr, 4);
  }
  if (from->sa_family != AF_INET6) return std::nullopt;
  return IpAddress::from_bytes(&reinterpret_cast<const sockaddr_in6*>(from)->sin6_addr, 16);
}

}  // namespace sn::net
