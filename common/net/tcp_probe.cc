#include "common/net/tcp_probe.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/net/connect.h"

namespace sn::net {

TcpProbe::TcpProbe(const std::vector<IpAddress>& addresses, const std::vector<uint16_t>& ports,
                   uint32_t deadline_ms, MonotonicTime now)
    : deadline_(now + deadline_ms), deadline_ms_(deadline_ms), port_count_(ports.size()) {
  // Ports outside: with many addresses each still gets its first ports tried.
  size_t begun = 0;
  for (const uint16_t port : ports) {
    for (const auto& address : addresses) {
      if (finished_ || begun == kMaxProbeConnects) break;
      ++begun;
      begin(address, port, false);
    }
  }
  if (!finished_ && waiting_.empty()) {
    finish(false, last_failure_.empty() ? "no address to probe" : last_failure_);
  }
}

void TcpProbe::begin(const IpAddress& address, uint16_t port, bool again) {
  const std::string target = endpoint_text(address, port);
  UniqueFd fd(::socket(address.is_v4() ? AF_INET : AF_INET6,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    last_failure_ = target + ": " + std::strerror(errno);
    return;
  }
  const int os_errno = connect_to(fd.get(), address, port);
  if (os_errno == EINPROGRESS) {
    waiting_.push_back({std::move(fd), address, port, again});
  } else {
    judge(fd.get(), target, os_errno);
  }
}

std::vector<int> TcpProbe::fds() const {
  std::vector<int> list;
  list.reserve(waiting_.size());
  for (const auto& attempt : waiting_) list.push_back(attempt.fd.get());
  return list;
}

void TcpProbe::on_ready(int fd) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [fd](const Attempt& a) { return a.fd.get() == fd; });
  if (found == waiting_.end()) return;
  int os_errno = 0;
  socklen_t size = sizeof os_errno;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &os_errno, &size) != 0) os_errno = errno;
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  // Woken for nothing: neither failed nor connected yet.
  if (os_errno == 0 && ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
    return;
  }
  const Attempt ended = std::move(*found);
  waiting_.erase(found);
  if (os_errno == EHOSTUNREACH && !ended.again) {
    begin(ended.address, ended.port, true);
  } else {
    judge(fd, endpoint_text(ended.address, ended.port), os_errno);
  }
  if (!finished_ && waiting_.empty()) finish(false, last_failure_);
}

void TcpProbe::on_time(MonotonicTime now) {
  if (finished_ || now < deadline_) return;
  finish(false, "silent on " + std::to_string(port_count_) + " ports for " +
                    std::to_string(deadline_ms_) + " ms");
}

void TcpProbe::judge(int fd, const std::string& target, int os_errno) {
  const bool refused = os_errno == ECONNREFUSED || os_errno == ECONNRESET;
  if (os_errno == 0) {
    finish(true, target + " connected");
  } else if (refused && segment_came_in(fd)) {
    finish(true, target + " refused");
  } else if (refused) {
    last_failure_ = target + ": rejected on the way (ICMP)";
  } else {
    last_failure_ = target + ": " + std::strerror(os_errno);
  }
}

void TcpProbe::finish(bool alive, std::string evidence) {
  waiting_.clear();
  finished_ = true;
  alive_ = alive;
  evidence_ = std::move(evidence);
}

}  // namespace sn::net
