#include "common/net/outgoing.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sn::net {

std::optional<Outgoing> outgoing(int descriptor) {
  int waiting = 0;
  if (::ioctl(descriptor, SIOCOUTQ, &waiting) != 0 || waiting < 0) return std::nullopt;
  Outgoing found{static_cast<uint64_t>(waiting), 0};
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
    found.taken = info.tcpi_bytes_acked;
  }
  return found;
}

}  // namespace sn::net
