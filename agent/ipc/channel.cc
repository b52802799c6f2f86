#include "agent/ipc/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace sn::agent {

Result<std::pair<PacketSocket, PacketSocket>> PacketSocket::make_pair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
    return fail_errno("making", "a socket pair");
  }
  for (const int fd : fds) {
    const int size = static_cast<int>(wire::kMaxMessageBytes) * 2;
    // Root may go beyond the system's maximum; anybody else takes what there is.
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) {
      (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
  }
  return std::pair(PacketSocket(UniqueFd(fds[0])), PacketSocket(UniqueFd(fds[1])));
}

Status PacketSocket::send(std::string_view bytes) const {
  if (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    return fail_errno("sending to", "the other process");
  }
  return {};
}

Status PacketSocket::send_waiting(std::string_view bytes, int deadline_ms) const {
  auto status = send(bytes);
  if (status || status.error().what != ErrorClass::busy) return status;
  pollfd wait{fd_.get(), POLLOUT, 0};
  poll(&wait, 1, deadline_ms);
  return send(bytes);
}

Result<std::string> PacketSocket::receive() const {
  // On the heap and only while needed: the caller's stack is small and locked.
  const auto buffer = std::make_unique_for_overwrite<char[]>(wire::kMaxMessageBytes);
  const ssize_t size =
      ::recv(fd_.get(), buffer.get(), wire::kMaxMessageBytes, MSG_DONTWAIT | MSG_TRUNC);
  if (size == 0 || (size < 0 && errno == ECONNRESET)) {
    return fail(ErrorClass::not_found, "receiving", "", "the other process ended");
  }
  if (size < 0) return fail_errno("receiving from", "the other process");
  if (static_cast<size_t>(size) > wire::kMaxMessageBytes) {
    return fail(ErrorClass::limit, "receiving", std::to_string(size) + " bytes",
                "larger than any lawful message");
  }
  return std::string(buffer.get(), static_cast<size_t>(size));
}

}  // namespace sn::agent
