#include "common/net/tcp_peer.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/net/socket_address.h"

namespace sn::net {

namespace {

struct Place {
  IpAddress address;
  uint16_t port = 0;
};

std::optional<Place> place_of(const sockaddr_storage& from) {
  const auto address = address_of(reinterpret_cast<const sockaddr*>(&from));
  if (!address) return std::nullopt;
  if (address->is_v4()) {
    return Place{*address, ntohs(reinterpret_cast<const sockaddr_in&>(from).sin_port)};
  }
  const auto& ip = reinterpret_cast<const sockaddr_in6&>(from);
  return Place{address->mapped_v4().value_or(*address), ntohs(ip.sin6_port)};
}

}  // namespace

std::optional<TcpPeer> tcp_peer(int descriptor) {
  sockaddr_storage far{}, own{};
  socklen_t size = sizeof far;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&far), &size) != 0) {
    return std::nullopt;
  }
  size = sizeof own;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    return std::nullopt;
  }
  const auto there = place_of(far), here = place_of(own);
  if (!there || !here) return std::nullopt;
  return TcpPeer{there->address, there->port, here->address, here->port};
}

std::optional<TcpProgress> tcp_progress(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  int unread = 0;
  if (::ioctl(descriptor, SIOCINQ, &unread) != 0) return std::nullopt;
  return TcpProgress{info.tcpi_bytes_received, info.tcpi_last_data_recv, info.tcpi_last_data_sent,
                     unread > 0};
}

}  // namespace sn::net
