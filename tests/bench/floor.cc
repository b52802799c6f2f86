// The floor under a takeover's transport: one epoll server with N plain TCP connections sends every
// one a message and takes two back. No ZeroMQ, no encryption, no decoding, no store.
//
//   sn_bench_floor --connections 1000 --rounds 20
//
// What is sent is what the first release measured sent, for ever: one Rebind of 108 bytes, an
// Accepted and an Outcome of 2,510 together. Bytes saved since count as saved.
//
// One JSON object: wall and the server's own CPU (user and system), a list of microseconds each.
// The clients are one other process, as the simulated agents are. bare_zmq.cc does the same by
// libzmq.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "tests/bench/floor_bytes.h"
#include "tests/bench/own_process.h"

namespace {

using namespace sn::bench;
using sn::UniqueFd;

struct Options {
  size_t connections = 1'000;
  int rounds = 20;
};

[[noreturn]] void die(const char* doing) {
  std::perror(doing);
  _exit(1);
}

void no_delay(int fd) {
  const int yes = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

// The messages are smaller than any socket buffer: a write is never short here.
void send_all(int fd, const std::string& bytes) {
  if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) die("write");
}

class Epoll {
 public:
  Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
  void add(int fd, size_t number) {
    epoll_event event{EPOLLIN, {}};
    event.data.u64 = number;
    if (epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }
  // Calls `take` with the number of every connection that has something.
  template <class Take>
  void wait(Take take) {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(fd_.get(), events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) take(events[static_cast<size_t>(i)].data.u64);
  }

 private:
  UniqueFd fd_;
};

// Answers every request of a connection, until the server closes.
[[noreturn]] void clients(const Options& options, uint16_t port) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Epoll epoll;
  std::vector<UniqueFd> fds;
  std::vector<size_t> got(options.connections, 0);
  const std::string accepted(kAcceptedBytes, 'a'), outcome(kOutcomeBytes, 'o');
  for (size_t i = 0; i < options.connections; ++i) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) die("connect");
    no_delay(fd.get());
    epoll.add(fd.get(), i);
    fds.push_back(std::move(fd));
  }
  std::vector<char> buffer(64 * 1024);
  bool open = true;
  while (open) {
    epoll.wait([&](size_t number) {
      const ssize_t size = read(fds[number].get(), buffer.data(), buffer.size());
      if (size <= 0) {
        open = false;
        return;
      }
      got[number] += static_cast<size_t>(size);
      if (got[number] < kRebindBytes) return;
      got[number] = 0;
      send_all(fds[number].get(), accepted);
      send_all(fds[number].get(), outcome);
    });
  }
  _exit(0);
}

int serve(const Options& options) {
  raise_descriptors();
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) die("bind");
  if (listen(listener.get(), 4096) != 0) die("listen");
  socklen_t length = sizeof own;
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&own), &length);
  const pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) clients(options, ntohs(own.sin_port));

  Epoll epoll;
  std::vector<UniqueFd> fds;
  for (size_t i = 0; i < options.connections; ++i) {
    UniqueFd fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) die("accept");
    no_delay(fd.get());
    epoll.add(fd.get(), i);
    fds.push_back(std::move(fd));
  }
  const std::string request(kRebindBytes, 'r');
  std::vector<char> buffer(64 * 1024);
  nlohmann::json result;
  for (int round = 0; round < options.rounds; ++round) {
    std::vector<size_t> left(options.connections, kAcceptedBytes + kOutcomeBytes);
    size_t waiting = options.connections;
    const int64_t begin = sn::monotonic_us(), cpu = own_cpu_us();
    for (const auto& fd : fds) send_all(fd.get(), request);
    while (waiting > 0) {
      epoll.wait([&](size_t number) {
        const ssize_t size = read(fds[number].get(), buffer.data(), buffer.size());
        if (size <= 0) die("read");
        left[number] -= static_cast<size_t>(size);
        if (left[number] == 0) --waiting;
      });
    }
    result["wall_us"].push_back(sn::monotonic_us() - begin);
    result["cpu_us"].push_back(own_cpu_us() - cpu);
  }
  std::printf("%s\n", result.dump().c_str());
  fds.clear();
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("a raw TCP server and its clients: the floor under a takeover");
  app.add_option("--connections", options.connections, "how many");
  app.add_option("--rounds", options.rounds, "how many");
  CLI11_PARSE(app, argc, argv);
  return serve(options);
}
