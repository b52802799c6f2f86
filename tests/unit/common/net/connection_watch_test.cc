#include "common/net/connection_watch.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/base/clock.h"
#include "common/net/curve_keys.h"
#include "common/net/reactor.h"
#include "common/net/zap_handler.h"

namespace sn::net {
namespace {

using News = ConnectionWatch::News;

// Far longer than loopback needs; a limit for a test that fails.
constexpr int64_t kLongMs = 10'000;

class ConnectionWatchTest : public testing::Test {
 protected:
  static Socket open(const Context& context, SocketType type) {
    auto socket = Socket::open(context, type, {});
    EXPECT_TRUE(socket);
    return std::move(*socket);
  }
  static bool ready(const Socket& socket, int64_t ms) {
    Reactor reactor;
    bool ready = false;
    const auto watch = reactor.on(socket, Reactor::readable, [&](auto) { ready = true; });
    EXPECT_TRUE(reactor.step(ms));
    return ready;
  }
  void shake_hands(AdmissionLimits limits, bool known, News& news);
  News end_of_a_handshake(AdmissionLimits limits, bool known) {
    News news = News::none;
    shake_hands(limits, known, news);
    return news;
  }

  Context context_ = std::move(*Context::create());
  Context peers_context_ = std::move(*Context::create());
};

TEST_F(ConnectionWatchTest, TellsOfAConnectionAndOfItsLoss) {
  std::optional<Socket> peer(open(peers_context_, SocketType::router));
  ASSERT_TRUE(peer->bind("tcp://127.0.0.1:*"));
  const Socket socket = open(context_, SocketType::dealer);
  auto watch = ConnectionWatch::open(context_, socket);
  ASSERT_TRUE(watch) << watch.error().message();
  ASSERT_TRUE(const_cast<Socket&>(socket).connect(peer->last_endpoint()));
  ASSERT_TRUE(const_cast<Socket&>(socket).send("hello"));
  ASSERT_TRUE(ready(*peer, kLongMs));
  EXPECT_EQ(watch->news(), News::connected);
  EXPECT_EQ(watch->news(), News::none);
  peer.reset();
  EXPECT_TRUE(ready(watch->socket(), kLongMs));
  EXPECT_EQ(watch->news(), News::lost);
  EXPECT_EQ(watch->news(), News::none) << "said once";
}

TEST_F(ConnectionWatchTest, ARefusedKeyIsNoMereLoss) {
  EXPECT_EQ(end_of_a_handshake({}, false), News::refused);
}

TEST_F(ConnectionWatchTest, WhoIsSentAwayForNowIsNotRefused) {
  EXPECT_EQ(end_of_a_handshake({.burst = 0}, true), News::lost);
}

// With a ZAP handler that knows the key or does not.
void ConnectionWatchTest::shake_hands(AdmissionLimits limits, bool known, News& news) {
  auto handler = ZapHandler::start(peers_context_, limits);
  ASSERT_TRUE(handler);
  const auto server_keys = CurveKeys::generate(), stranger = CurveKeys::generate();
  SocketOptions options;
  options.curve = &*server_keys;
  options.curve_server = true;
  if (known) handler->set_keys({{stranger->public_key(), "cn001"}});
  auto peer = Socket::open(peers_context_, SocketType::router, options);
  ASSERT_TRUE(peer && peer->bind("tcp://127.0.0.1:*"));
  options = {};
  options.curve = &*stranger;
  options.curve_server_key = server_keys->public_key();
  auto socket = Socket::open(context_, SocketType::dealer, options);
  ASSERT_TRUE(socket);
  auto watch = ConnectionWatch::open(context_, *socket);
  ASSERT_TRUE(watch);
  ASSERT_TRUE(socket->connect(peer->last_endpoint()));
  while (news == News::none || news == News::connected) {
    ASSERT_TRUE(ready(watch->socket(), kLongMs));
    news = watch->news();
  }
}

// libzmq's thread says each event by a send that waits: with nobody there to take it, it would
// stand still for ever, and every connection of the process with it.
TEST_F(ConnectionWatchTest, WhatHappensAfterItsEndStopsNobody) {
  std::optional<Socket> peer(open(peers_context_, SocketType::router));
  ASSERT_TRUE(peer->bind("tcp://127.0.0.1:*"));
  const std::string endpoint = peer->last_endpoint();
  Socket socket = open(context_, SocketType::dealer);
  Socket witness = open(context_, SocketType::dealer);
  auto seen = ConnectionWatch::open(context_, witness);
  ASSERT_TRUE(seen);
  {
    const auto watch = ConnectionWatch::open(context_, socket);
    ASSERT_TRUE(watch && socket.connect(endpoint));
    ASSERT_TRUE(ready(watch->socket(), kLongMs));
  }
  ASSERT_TRUE(witness.connect(endpoint));
  ASSERT_TRUE(ready(seen->socket(), kLongMs));
  EXPECT_EQ(seen->news(), News::connected);
  // Both are lost and come back, and the one that is watched is told so.
  for (int i = 0; i < 3; ++i) {
    peer.reset();
    ASSERT_TRUE(ready(seen->socket(), kLongMs));
    EXPECT_EQ(seen->news(), News::lost);
    peer.emplace(open(peers_context_, SocketType::router));
    const MonotonicTime end = monotonic_now() + kLongMs;
    while (!peer->bind(endpoint)) ASSERT_LT(monotonic_now(), end);
    ASSERT_TRUE(ready(seen->socket(), kLongMs));
    EXPECT_EQ(seen->news(), News::connected);
  }
}

TEST_F(ConnectionWatchTest, EachSocketHasItsOwn) {
  for (int i = 0; i < 100; ++i) {
    const Socket socket = open(context_, SocketType::dealer);
    const auto watch = ConnectionWatch::open(context_, socket);
    ASSERT_TRUE(watch) << i << ": " << watch.error().message();
  }
}

}  // namespace
}  // namespace sn::net
