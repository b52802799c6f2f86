// What every non-blocking connect and datagram of ours needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/model/address.h"

namespace sn::net {

// "10.1.1.100:22", "[fd00::9]:22"
[[nodiscard]] std::string endpoint_text(const IpAddress& address, uint16_t port);

// The host of "tcp://10.1.1.1:7400", of "tcp://[fd00::1]:7400" without its brackets, of
// "tcp://*:7400".
[[nodiscard]] std::string_view host_of_endpoint(std::string_view endpoint);

// 0 or an errno.
[[nodiscard]] int bind_to(int fd, const IpAddress& address, uint16_t port);
// At every address of the socket's family.
[[nodiscard]] int bind_port(int fd, bool is_v4, uint16_t port);

// 0 or an errno; EINPROGRESS: wait until `fd` can be written to.
[[nodiscard]] int connect_to(int fd, const IpAddress& address, uint16_t port);

// One datagram from an unconnected socket. 0 or an errno.
[[nodiscard]] int send_to(int fd, const IpAddress& address, uint16_t port,
                          std::string_view datagram);

// Of a refused connect: was it the peer that refused? Linux reports an ICMP "port unreachable",
// which any firewall on the way may send, as ECONNREFUSED too. Only a reset is a segment that came
// in.
[[nodiscard]] bool segment_came_in(int fd);

}  // namespace sn::net
