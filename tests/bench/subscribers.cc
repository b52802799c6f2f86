// Many who read the status feed, in one process, each with its own socket.
//
//   sn_bench_subscribers --feed ipc:///run/sncoord/feed.sock --count 50
//
// Says `ready` when each has connected, and one JSON line when its standard input ends: how many
// events each has had, and how many are missing between its first serial and its last.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/net/reactor.h"
#include "common/wire/encoding.h"
#include "tests/bench/own_process.h"

namespace {

using namespace sn;

// As the README's subscriber: it keeps up, or libzmq drops.
constexpr int kHighWater = 200'000;

class Subscriber {
 public:
  static Result<std::unique_ptr<Subscriber>> open(const net::Context& context,
                                                  net::Reactor& reactor, const std::string& feed) {
    net::SocketOptions options;
    options.receive_high_water = kHighWater;
    auto socket = net::Socket::open(context, net::SocketType::sub, options);
    if (!socket) return tl::unexpected(socket.error());
    if (Status connected = socket->connect(feed); !connected) {
      return tl::unexpected(connected.error());
    }
    if (Status subscribed = socket->subscribe(""); !subscribed) {
      return tl::unexpected(subscribed.error());
    }
    auto subscriber = std::unique_ptr<Subscriber>(new Subscriber(std::move(*socket)));
    subscriber->watch_ = reactor.on(subscriber->socket_, net::Reactor::readable,
                                    [raw = subscriber.get()](auto) { raw->read(); });
    return subscriber;
  }

  [[nodiscard]] uint64_t events() const { return events_; }
  [[nodiscard]] uint64_t lost() const {
    if (events_ == 0) return 0;
    return serial_of(last_) - serial_of(first_) + 1 - events_;
  }

 private:
  explicit Subscriber(net::Socket socket) : socket_(std::move(socket)) {}

  void read() {
    for (int i = 0; i < 1'000; ++i) {
      auto received = socket_.receive();
      if (!received || !*received) return;
      if (++events_ == 1) first_ = (*received)->bytes;
      last_ = std::move((*received)->bytes);
    }
  }
  static uint64_t serial_of(const std::string& event) {
    const auto document = wire::Document::parse(event, {64 * 1024, 64, 64 * 1024});
    if (!document) return 0;
    const auto serial = document->root().find("serial");
    return serial ? serial->number().value_or(0) : 0;
  }

  net::Socket socket_;
  net::Reactor::Watch watch_;
  uint64_t events_ = 0;
  std::string first_, last_;
};

int refuse(const std::string& why) {
  std::fprintf(stderr, "sn_bench_subscribers: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string feed = "ipc:///run/sncoord/feed.sock";
  size_t count = 50;
  CLI::App app("many who read the status feed");
  app.add_option("--feed", feed, "its endpoint");
  app.add_option("--count", count, "how many");
  CLI11_PARSE(app, argc, argv);
  bench::raise_descriptors();
  auto context = net::Context::create();
  if (!context) return refuse(context.error().message());
  net::Reactor reactor;
  std::vector<std::unique_ptr<Subscriber>> all;
  for (size_t i = 0; i < count; ++i) {
    auto one = Subscriber::open(*context, reactor, feed);
    if (!one) return refuse(one.error().message());
    all.push_back(std::move(*one));
  }
  const auto input = reactor.on(STDIN_FILENO, net::Reactor::readable, [&](auto) {
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) <= 0) reactor.stop();
  });
  std::puts("ready");
  std::fflush(stdout);
  if (const Status done = reactor.run(); !done) return refuse(done.error().message());
  uint64_t least = UINT64_MAX, lost = 0;
  for (const auto& one : all) {
    least = std::min(least, one->events());
    lost += one->lost();
  }
  std::printf("%s\n", nlohmann::json{{"least_events", least}, {"lost", lost}}.dump().c_str());
  return 0;
}
