// A port of the loopback interface that nobody answers: it listens, and its queue of connections is
// full, so that the kernel drops what else asks.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "common/base/unique_fd.h"

namespace sn {

class SilentPort {
 public:
  static constexpr const char* kAddress = "127.0.0.1";

  SilentPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    listening_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    (void)::bind(listening_.get(), generic, size);
    (void)::listen(listening_.get(), 0);
    (void)::getsockname(listening_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    // A backlog of 0 lets one in; the second is for a kernel that counts otherwise.
    for (int i = 0; i < 2; ++i) {
      waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      (void)::connect(waiting_.back().get(), generic, size);
    }
  }

  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  UniqueFd listening_;
  std::vector<UniqueFd> waiting_;
  uint16_t port_ = 0;
};

}  // namespace sn
