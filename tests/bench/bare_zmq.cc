// Bare libzmq under a takeover's transport: one ROUTER with CURVE sends each of N DEALERs a message
// and takes two back, the same as floor.cc. No decoding, no store; each peer has a key of its own,
// as nodes have: one node is let in so often only (common/net/admissions.h).
//
//   sn_bench_zmq --connections 1000 --rounds 20
//
// One JSON object as floor.cc's. The clients are one other process.
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/net/context.h"
#include "common/net/curve_keys.h"
#include "common/net/socket.h"
#include "common/net/zap_handler.h"
#include "tests/bench/floor_bytes.h"
#include "tests/bench/own_process.h"

namespace {

using namespace sn;
using namespace sn::bench;

struct Options {
  size_t connections = 1'000;
  int rounds = 20;
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "sn_bench_zmq: %s\n", why.c_str());
  _exit(1);
}

template <class T>
T wanted(Result<T> result) {
  if (!result) die(result.error().message());
  return std::move(*result);
}
void wanted(const Status& status) {
  if (!status) die(status.error().message());
}

// Says hello and answers every message, until it is killed.
[[noreturn]] void clients(const Options& options, const std::string& endpoint,
                          const std::vector<net::CurveKeys>& keys, const std::string& server_key) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto context = wanted(net::Context::create());
  context.get().set(zmq::ctxopt::max_sockets, 65'535);
  const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  const std::string accepted(kAcceptedBytes, 'a'), outcome(kOutcomeBytes, 'o');
  std::vector<net::Socket> sockets;
  sockets.reserve(options.connections);
  net::SocketOptions socket_options;
  socket_options.curve_server_key = server_key;
  socket_options.handshake_ms = 120'000;
  const auto answer_all = [&](net::Socket& socket) {
    while (wanted(socket.receive())) {
      wanted(socket.send(accepted));
      wanted(socket.send(outcome));
    }
  };
  for (size_t i = 0; i < options.connections; ++i) {
    socket_options.curve = &keys[i];
    auto& socket = sockets.emplace_back(
        wanted(net::Socket::open(context, net::SocketType::dealer, socket_options)));
    wanted(socket.connect(endpoint));
    wanted(socket.send("h"));
    epoll_event event{EPOLLIN, {}};
    event.data.u64 = i;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket.get().get(zmq::sockopt::fd), &event) != 0) {
      die("epoll_ctl");
    }
  }
  for (auto& socket : sockets) answer_all(socket);
  while (true) {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(epoll.get(), events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) answer_all(sockets[events[static_cast<size_t>(i)].data.u64]);
  }
}

// Longer than any handshake of thousands that wait for each other.
constexpr std::chrono::milliseconds kMostSilence{60'000};

// What comes, until there were `count` messages.
template <class Take>
void take_messages(net::Socket& socket, size_t count, Take take) {
  while (count > 0) {
    auto received = wanted(socket.receive());
    if (!received) {
      std::array<zmq::pollitem_t, 1> items{{{socket.get().handle(), 0, ZMQ_POLLIN, 0}}};
      if (zmq::poll(items, kMostSilence) == 0) die("a peer says nothing");
      continue;
    }
    take(*received);
    --count;
  }
}

int serve(const Options& options) {
  raise_descriptors();
  const auto keys = wanted(net::CurveKeys::generate());
  std::vector<net::CurveKeys> theirs;
  std::map<std::string, std::string> nodes;
  for (size_t i = 0; i < options.connections; ++i) {
    nodes[theirs.emplace_back(wanted(net::CurveKeys::generate())).public_key()] =
        "cn" + std::to_string(i);
  }
  // The port first, the clients before any thread.
  std::array<int, 2> told{};
  if (pipe2(told.data(), O_CLOEXEC) != 0) die("pipe");
  const pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    std::string endpoint(256, '\0');
    const ssize_t size = read(told[0], endpoint.data(), endpoint.size());
    if (size <= 0) _exit(1);
    endpoint.resize(static_cast<size_t>(size));
    clients(options, endpoint, theirs, keys.public_key());
  }
  auto context = wanted(net::Context::create());
  auto zap = wanted(net::ZapHandler::start(context));
  zap.set_keys(std::move(nodes));
  net::SocketOptions socket_options;
  socket_options.curve = &keys;
  socket_options.curve_server = true;
  socket_options.handshake_ms = 120'000;
  socket_options.backlog = 4'096;
  socket_options.router_mandatory = true;
  auto socket = wanted(net::Socket::open(context, net::SocketType::router, socket_options));
  wanted(socket.bind("tcp://127.0.0.1:*"));
  const std::string endpoint = socket.last_endpoint();
  if (write(told[1], endpoint.data(), endpoint.size()) < 0) die("write");

  std::vector<std::string> peers;
  take_messages(socket, options.connections,
                [&](const net::Received& received) { peers.push_back(received.routing_id); });
  const std::string request(kRebindBytes, 'r');
  nlohmann::json result;
  for (int round = 0; round < options.rounds; ++round) {
    const int64_t begin = monotonic_us(), cpu = own_cpu_us();
    for (const auto& peer : peers) wanted(socket.send_to(peer, request));
    take_messages(socket, 2 * peers.size(), [](const net::Received&) {});
    result["wall_us"].push_back(monotonic_us() - begin);
    result["cpu_us"].push_back(own_cpu_us() - cpu);
  }
  std::printf("%s\n", result.dump().c_str());
  std::fflush(stdout);
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("a ROUTER and its DEALERs: what libzmq itself costs a takeover");
  app.add_option("--connections", options.connections, "how many");
  app.add_option("--rounds", options.rounds, "how many");
  CLI11_PARSE(app, argc, argv);
  return serve(options);
}
