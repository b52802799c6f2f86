#include "common/net/connect.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sn::net {

std::string endpoint_text(const IpAddress& address, uint16_t port) {
  const std::string host = address.to_string();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::string_view host_of_endpoint(std::string_view endpoint) {
  endpoint.remove_prefix(std::min(endpoint.size(), endpoint.find("//") + 2));
  std::string_view host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host;
}

namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const IpAddress& address, uint16_t port) {
  SocketAddress result;
  if (address.is_v4()) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.data(), address.size());
    std::memcpy(&result.storage, &to, sizeof to);
    result.size = sizeof to;
  } else {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    std::memcpy(&to.sin6_addr, address.data(), address.size());
    std::memcpy(&result.storage, &to, sizeof to);
    result.size = sizeof to;
  }
  return result;
}

}  // namespace

int connect_to(int fd, const IpAddress& address, uint16_t port) {
  const SocketAddress to = socket_address(address, port);
  return ::connect(fd, to.get(), to.size) == 0 ? 0 : errno;
}

int bind_to(int fd, const IpAddress& address, uint16_t port) {
  const SocketAddress at = socket_address(address, port);
  return ::bind(fd, at.get(), at.size) == 0 ? 0 : errno;
}

int bind_port(int fd, bool is_v4, uint16_t port) {
  return bind_to(fd, is_v4 ? IpAddress() : *IpAddress::parse("::"), port);
}

int send_to(int fd, const IpAddress& address, uint16_t port, std::string_view datagram) {
  const SocketAddress to = socket_address(address, port);
  return ::sendto(fd, datagram.data(), datagram.size(), 0, to.get(), to.size) >= 0 ? 0 : errno;
}

bool segment_came_in(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_segs_in > 0;
}

}  // namespace sn::net
