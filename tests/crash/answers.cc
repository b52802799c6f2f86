#include "tests/crash/answers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "tests/crash/node.h"

namespace sn::crash {

namespace {

constexpr uint16_t kDatagrams[] = {53, 123, 514};
constexpr uint16_t kConnections = 2049;

// SN1P's address comes and goes (IP_FREEBIND, ip(7)).
int open_at(int type, const char* address, uint16_t port) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  inet_pton(AF_INET, address, &place.sin_addr);
  const bool good = fd >= 0 && setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof on) == 0 &&
                    bind(fd, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0 &&
                    (type != SOCK_STREAM || listen(fd, SOMAXCONN) == 0);
  return good ? fd : -1;
}

// As a name server that knows no such name would, and a clock of its own (RFC 1035, section 4.1.1;
// RFC 5905, section 7.3).
void make_answer(std::array<char, 512>& data, uint16_t port) {
  if (port == 123) {
    data[0] = '\x24';
    data[1] = '\x01';
  } else {
    data[2] = '\x81';
    data[3] = '\x83';
  }
}

// The log takes what comes, and says nothing.
void reply(int fd, uint16_t port) {
  std::array<char, 512> data{};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got =
      recvfrom(fd, data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0 || port == 514) return;
  make_answer(data, port);
  (void)sendto(fd, data.data(), static_cast<size_t>(got), 0,
               reinterpret_cast<const sockaddr*>(&from), size);
}

void answer(std::vector<pollfd>& sockets, size_t datagrams) {
  while (poll(sockets.data(), sockets.size(), -1) > 0) {
    for (size_t i = 0; i < sockets.size(); ++i) {
      if (sockets[i].revents == 0) continue;
      if (i < datagrams) {
        reply(sockets[i].fd, kDatagrams[i % std::size(kDatagrams)]);
      } else if (const int fd = accept(sockets[i].fd, nullptr, nullptr); fd >= 0) {
        close(fd);
      }
    }
  }
}

}  // namespace

bool answer_for_service_nodes() {
  std::vector<pollfd> sockets;
  for (const char* address : {kOld, kNew}) {
    for (const uint16_t port : kDatagrams) {
      sockets.push_back({open_at(SOCK_DGRAM, address, port), POLLIN, 0});
    }
  }
  const size_t datagrams = sockets.size();
  for (const char* address : {kOld, kNew}) {
    sockets.push_back({open_at(SOCK_STREAM, address, kConnections), POLLIN, 0});
  }
  bool good = true;
  for (const auto& socket : sockets) good = good && socket.fd >= 0;
  const pid_t parent = getpid();
  if (good && fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) answer(sockets, datagrams);
    _exit(0);
  }
  for (const auto& socket : sockets) close(socket.fd);
  return good;
}

}  // namespace sn::crash
