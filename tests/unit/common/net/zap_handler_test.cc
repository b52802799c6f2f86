#include "common/net/zap_handler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <zmq.hpp>

#include "common/base/clock.h"
#include "common/net/curve_keys.h"
#include "common/net/reactor.h"
#include "common/net/socket.h"

namespace sn::net {
namespace {

constexpr int kDeadlineMs = 10'000;

Socket open_server(const Context& context, const CurveKeys& keys) {
  SocketOptions options;
  options.curve = &keys;
  options.curve_server = true;
  options.router_mandatory = true;
  auto server = Socket::open(context, SocketType::router, options);
  EXPECT_TRUE(server);
  EXPECT_TRUE(server->bind("tcp://127.0.0.1:*"));
  return std::move(*server);
}

Socket open_client(const Context& context, const CurveKeys& keys, const CurveKeys& server_keys,
                   const std::string& endpoint) {
  SocketOptions options;
  options.curve = &keys;
  options.curve_server_key = server_keys.public_key();
  auto client = Socket::open(context, SocketType::dealer, options);
  EXPECT_TRUE(client);
  EXPECT_TRUE(client->connect(endpoint));
  return std::move(*client);
}

std::optional<Received> wait_for_message(Socket& socket) {
  const MonotonicTime end = monotonic_now() + kDeadlineMs;
  while (monotonic_now() < end) {
    auto received = socket.receive();
    if (!received) return std::nullopt;
    if (*received) return std::move(*received);
    Reactor reactor;
    const auto watch = reactor.on(socket, Reactor::readable, [](auto) {});
    (void)reactor.step(end - monotonic_now());
  }
  return std::nullopt;
}

TEST(ZapHandler, AdmitsAKnownKeyAndNamesIt) {
  const auto context = Context::create();
  auto handler = ZapHandler::start(*context);
  const auto server_keys = CurveKeys::generate();
  const auto node_keys = CurveKeys::generate();
  auto server = open_server(*context, *server_keys);
  EXPECT_EQ(ZapHandler::start(*context).error().what, ErrorClass::conflict);  // one a context
  handler->set_keys({{node_keys->public_key(), "cn001"}});
  auto client = open_client(*context, *node_keys, *server_keys, server.last_endpoint());
  ASSERT_TRUE(client.send("hello"));
  const auto received = wait_for_message(server);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, "hello");
  EXPECT_EQ(received->user_id, node_keys->public_key());
  EXPECT_TRUE(received->single_frame);
  ASSERT_TRUE(server.send_to(received->routing_id, "welcome"));
  EXPECT_EQ(wait_for_message(client)->bytes, "welcome");
  EXPECT_EQ(server.send_to("nobody", "x").error().what, ErrorClass::unreachable);
  EXPECT_EQ(handler->admitted(), 1U);
}

TEST(ZapHandler, AKeyThatConnectsTooOftenComesAgain) {
  const auto context = Context::create();
  auto handler = ZapHandler::start(*context, {.burst = 1, .per_second = 1'000, .unheard = 1});
  const auto server_keys = CurveKeys::generate();
  const auto node_keys = CurveKeys::generate();
  handler->set_keys({{node_keys->public_key(), "cn001"}});
  auto server = open_server(*context, *server_keys);
  auto first = open_client(*context, *node_keys, *server_keys, server.last_endpoint());
  ASSERT_TRUE(first.send("hello"));
  ASSERT_TRUE(wait_for_message(server));
  auto second = open_client(*context, *node_keys, *server_keys, server.last_endpoint());
  ASSERT_TRUE(second.send("hello"));
  const MonotonicTime end = monotonic_now() + kDeadlineMs;
  while (handler->refused() == 0 && monotonic_now() < end) {
    Reactor reactor;
    (void)reactor.step(1);
  }
  EXPECT_GE(handler->refused(), 1U);
  const auto over = handler->over_limit();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->node, "cn001");
  // It is sent away and no more; another try is heard.
  handler->heard("cn001");
  auto third = open_client(*context, *node_keys, *server_keys, server.last_endpoint());
  ASSERT_TRUE(third.send("hello"));
  EXPECT_TRUE(wait_for_message(server));
  EXPECT_EQ(handler->admitted(), 2U);
}

TEST(ZapHandler, RefusesAStranger) {
  const auto context = Context::create();
  auto handler = ZapHandler::start(*context);
  const auto server_keys = CurveKeys::generate();
  const auto known = CurveKeys::generate();
  handler->set_keys({{known->public_key(), "cn001"}});
  auto server = open_server(*context, *server_keys);
  EXPECT_TRUE(
      require_refusal(*context, server.last_endpoint(), server_keys->public_key(), kDeadlineMs));
  EXPECT_EQ(handler->refused(), 1U);
}

TEST(ZapHandler, ItsSelfTestSeesAServerThatLetsStrangersIn) {
  // No handler in this context, and a server that does not insist on one: libzmq admits anybody.
  const auto context = Context::create();
  const auto server_keys = CurveKeys::generate();
  zmq::socket_t open_door(context->get(), zmq::socket_type::router);
  open_door.set(zmq::sockopt::linger, 0);
  open_door.set(zmq::sockopt::curve_server, true);
  open_door.set(zmq::sockopt::curve_secretkey, server_keys->secret_key());
  open_door.bind("tcp://127.0.0.1:*");
  const Status refused = require_refusal(*context, open_door.get(zmq::sockopt::last_endpoint),
                                         server_keys->public_key(), kDeadlineMs);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, ErrorClass::denied);
  EXPECT_EQ(text_of(refused.error().why), "a random key was let in");
}

TEST(ZapHandler, ItsSelfTestSeesASilentServer) {
  const auto context = Context::create();
  const auto server_keys = CurveKeys::generate();
  const Status refused =
      require_refusal(*context, "tcp://127.0.0.1:1", server_keys->public_key(), 50);
  ASSERT_FALSE(refused);
  EXPECT_EQ(text_of(refused.error().why), "no answer for 50 ms");
}

TEST(ZapHandler, AServerSocketOfOursAdmitsNobodyWithoutIt) {
  const auto context = Context::create();
  const auto server_keys = CurveKeys::generate();
  SocketOptions options;
  options.curve = &*server_keys;
  options.curve_server = true;
  auto server = Socket::open(*context, SocketType::router, options);
  const Status bound = server->bind("tcp://127.0.0.1:*");
  if (!bound) return;  // libzmq refuses already here
  const Status refused =
      require_refusal(*context, server->last_endpoint(), server_keys->public_key(), 300);
  EXPECT_TRUE(refused || refused.error().why == "no answer for 300 ms")
      << refused.error().message();
}

class MalformedZapRequest : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(MalformedZapRequest, IsRefused) {
  const auto context = Context::create();
  const auto handler = ZapHandler::start(*context);
  zmq::socket_t asker(context->get(), zmq::socket_type::dealer);
  asker.set(zmq::sockopt::linger, 0);
  asker.set(zmq::sockopt::rcvtimeo, kDeadlineMs);
  asker.connect("inproc://zeromq.zap.01");
  (void)asker.send(zmq::message_t(), zmq::send_flags::sndmore);
  const auto& frames = GetParam();
  for (size_t i = 0; i < frames.size(); ++i) {
    (void)asker.send(zmq::buffer(frames[i]),
                     i + 1 == frames.size() ? zmq::send_flags::none : zmq::send_flags::sndmore);
  }
  std::vector<std::string> reply;
  zmq::message_t frame;
  do {
    ASSERT_TRUE(asker.recv(frame));
    reply.push_back(frame.to_string());
  } while (frame.more());
  ASSERT_EQ(reply.size(), 7U);
  EXPECT_EQ(reply[1], "1.0");
  EXPECT_TRUE(reply[3] == "400" || reply[3] == "500") << reply[3];
  EXPECT_EQ(reply[5], "");
  EXPECT_EQ(handler->admitted(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, MalformedZapRequest,
    testing::Values(
        std::vector<std::string>{""}, std::vector<std::string>{"1.0"},
        std::vector<std::string>{"9.9", "1", "d", "a", "i", "CURVE", std::string(32, 'k')},
        std::vector<std::string>{"1.0", "1", "d", "a", "i", "NULL"},
        std::vector<std::string>{"1.0", "1", "d", "a", "i", "PLAIN", "user", "password"},
        std::vector<std::string>{"1.0", "1", "d", "a", "i", "CURVE"},
        std::vector<std::string>{"1.0", "1", "d", "a", "i", "CURVE", "short"},
        std::vector<std::string>{"1.0", "1", "d", "a", "i", "CURVE", std::string(32, 'k')},
        std::vector<std::string>(40, "x")));

TEST(ZapHandler, SurvivesAQuestionWithoutAnEnvelope) {
  const auto context = Context::create();
  const auto handler = ZapHandler::start(*context);
  {
    zmq::socket_t asker(context->get(), zmq::socket_type::dealer);
    asker.set(zmq::sockopt::linger, 0);
    asker.connect("inproc://zeromq.zap.01");
    (void)asker.send(zmq::str_buffer("x"), zmq::send_flags::none);
  }
  const auto server_keys = CurveKeys::generate();
  auto server = open_server(*context, *server_keys);
  EXPECT_TRUE(
      require_refusal(*context, server.last_endpoint(), server_keys->public_key(), kDeadlineMs));
}

}  // namespace
}  // namespace sn::net
