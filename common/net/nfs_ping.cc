#include "common/net/nfs_ping.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "common/net/connect.h"

namespace sn::net {

namespace {

std::string milliseconds_text(int64_t us) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), us < 10'000 ? "%.1f ms" : "%.0f ms",
                static_cast<double>(us) / 1000.0);
  return text.data();
}

}  // namespace

NfsPing::NfsPing(const IpAddress& address, uint16_t port, uint32_t version, uint32_t xid,
                 uint32_t deadline_ms, MonotonicTime now)
    : target_(endpoint_text(address, port)),
      unsent_(encode_null_call(xid, kNfsProgram, version)),
      reply_(xid),
      deadline_(now + deadline_ms),
      deadline_ms_(deadline_ms),
      begun_us_(monotonic_us()) {
  fd_.reset(::socket(address.is_v4() ? AF_INET : AF_INET6,
                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) {
    fail(std::strerror(errno));
    return;
  }
  // A server that does not answer keeps no half-closed connection of ours, and we keep none of it:
  // an unanswered ping ends with a reset.
  const linger reset{1, 0};
  (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const int os_errno = connect_to(fd_.get(), address, port);
  if (os_errno == 0) {
    connected();
  } else if (os_errno != EINPROGRESS) {
    connect_failed(os_errno);
  }
}

void NfsPing::on_ready() {
  if (step_ == Step::connecting) {
    int os_errno = 0;
    socklen_t size = sizeof os_errno;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &os_errno, &size) != 0) os_errno = errno;
    if (os_errno != 0) {
      connect_failed(os_errno);
      return;
    }
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    // Woken for nothing: neither failed nor connected yet.
    if (::getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return;
    connected();
  } else if (step_ == Step::connected) {
    if (!unsent_.empty()) write_call();
    if (step_ == Step::connected) read_reply();
  }
}

void NfsPing::on_time(MonotonicTime now) {
  if (finished() || now < deadline_) return;
  const std::string time = std::to_string(deadline_ms_) + " ms";
  fail((step_ == Step::connecting ? "no connection for " : "connected, no answer for ") + time);
}

void NfsPing::connected() {
  step_ = Step::connected;
  write_call();
}

void NfsPing::write_call() {
  const ssize_t sent = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    unsent_.erase(0, static_cast<size_t>(sent));
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(std::string("connected, then ") + std::strerror(errno));
  }
}

void NfsPing::read_reply() {
  // One byte more than the longest reply shows what does not end. Bounded: a server that sends
  // without end is found out by the reader within kMaxRpcReply bytes.
  std::array<char, kMaxRpcReply + 1> buffer{};
  while (step_ == Step::connected) {
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail(std::string("connected, then ") + std::strerror(errno));
      return;
    }
    if (size == 0) {
      fail("connected, then closed without an answer");
      return;
    }
    const auto answer = reply_.take({buffer.data(), static_cast<size_t>(size)});
    if (!answer) {
      fail("answered what is no RPC reply: " + text_of(answer.error().why));
    } else if (*answer && !(*answer)->results.empty()) {
      fail("answered what is no reply to NULL");
    } else if (*answer) {
      const int64_t us = std::clamp<int64_t>(monotonic_us() - begun_us_, 0, UINT32_MAX);
      rtt_us_ = static_cast<uint32_t>(us);
      finish(true, target_ + " answered in " + milliseconds_text(us) +
                       ((*answer)->objection.empty() ? "" : ": " + (*answer)->objection));
    }
  }
}

void NfsPing::connect_failed(int os_errno) {
  if (os_errno != ECONNREFUSED && os_errno != ECONNRESET) {
    fail(std::strerror(os_errno));
  } else {
    fail(segment_came_in(fd_.get()) ? "connection refused" : "rejected on the way (ICMP)");
  }
}

void NfsPing::fail(const std::string& why) { finish(false, target_ + " " + why); }

void NfsPing::finish(bool answered, std::string evidence) {
  if (answered) {
    // An orderly end: a reset would look like a fault in the server's log.
    const linger orderly{0, 0};
    (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &orderly, sizeof orderly);
  }
  fd_.reset();
  step_ = Step::finished;
  answered_ = answered;
  evidence_ = std::move(evidence);
}

}  // namespace sn::net
