#include "coordinator/link/agent_link.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "common/wire/codec.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

constexpr int kDeadlineMs = 10'000;
constexpr size_t kMostConnections = 1'000;

class AgentLinkTest : public testing::Test {
 protected:
  AgentLinkTest() {
    auto link = AgentLink::open(*context_, *keys_, {"tcp://127.0.0.1:*"},
                                {{node_keys_->public_key(), "cn001"}}, kMostConnections);
    EXPECT_TRUE(link) << link.error().message();
    link_.emplace(std::move(*link));
    agent_.emplace(open_agent());
  }

  net::Socket open_agent() {
    net::SocketOptions options;
    options.curve = &*node_keys_;
    options.curve_server_key = keys_->public_key();
    auto agent = net::Socket::open(*context_, net::SocketType::dealer, options);
    EXPECT_TRUE(agent->connect(link_->endpoint()));
    return std::move(*agent);
  }

  static void wait(const net::Socket& socket, MonotonicTime end) {
    net::Reactor reactor;
    const auto watch = reactor.on(socket, net::Reactor::readable, [](auto) {});
    (void)reactor.step(end - monotonic_now());
  }

  std::optional<AgentMessage> next_message() {
    const MonotonicTime end = monotonic_now() + kDeadlineMs;
    while (monotonic_now() < end) {
      auto message = link_->receive();
      if (message && *message) return std::move(**message);
      wait(link_->socket(), end);
    }
    return std::nullopt;
  }

  // What the agent hears, while the link works.
  std::optional<wire::ToAgent> next_answer() {
    const MonotonicTime end = monotonic_now() + kDeadlineMs;
    while (monotonic_now() < end) {
      (void)link_->receive();
      auto received = agent_->receive();
      if (received && *received) return *wire::decode<wire::ToAgent>((*received)->bytes);
      net::Reactor reactor;
      const auto of_agent = reactor.on(*agent_, net::Reactor::readable, [](auto) {});
      const auto of_link = reactor.on(link_->socket(), net::Reactor::readable, [](auto) {});
      (void)reactor.step(end - monotonic_now());
    }
    return std::nullopt;
  }

  Result<net::Context> context_ = net::Context::create();
  Result<net::CurveKeys> keys_ = net::CurveKeys::generate();
  Result<net::CurveKeys> node_keys_ = net::CurveKeys::generate();
  std::optional<AgentLink> link_;
  std::optional<net::Socket> agent_;
};

TEST_F(AgentLinkTest, KnowsWhoSaysWhatAndAnswers) {
  wire::Hello hello;
  hello.node = "cn001";
  ASSERT_TRUE(agent_->send(wire::encode(hello)));
  const auto message = next_message();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->public_key, node_keys_->public_key());
  EXPECT_EQ(std::get<wire::Hello>(message->message), hello);
  ASSERT_TRUE(link_->send(message->connection, wire::Welcome{}));
  EXPECT_TRUE(std::holds_alternative<wire::Welcome>(*next_answer()));
}

// A connection that libzmq accepted, and of which no key is known.
TEST_F(AgentLinkTest, EndsAStranger) {
  const auto wait_for = [&](size_t connections) {
    const MonotonicTime end = monotonic_now() + kDeadlineMs;
    for (;;) {
      link_->learn_of_connections();
      if (link_->connections().size() == connections || monotonic_now() >= end) break;
      wait(link_->connections_socket(), end);
    }
    EXPECT_EQ(link_->connections().size(), connections);
  };
  ASSERT_TRUE(agent_->send(wire::encode(wire::Hello{})));
  ASSERT_TRUE(next_message());
  wait_for(1);
  EXPECT_EQ(link_->connections().strangers(), 0U);
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string endpoint = link_->endpoint();
  at.sin_port = htons(static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  ASSERT_EQ(::connect(silent.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  wait_for(2);
  EXPECT_EQ(link_->connections().strangers(), 1U);
  link_->connections().look(monotonic_now() + kMostStrange_ms);
  char bytes[128];
  while (::recv(silent.get(), bytes, sizeof bytes, 0) > 0) continue;  // libzmq's greeting
  wait_for(1);
  // Who has a key is not touched.
  ASSERT_TRUE(agent_->send(wire::encode(wire::Hello{})));
  EXPECT_TRUE(next_message());
}

TEST_F(AgentLinkTest, TellsAnUnknownConnection) {
  EXPECT_EQ(link_->send("gone", wire::Observe{}).error().what, ErrorClass::unreachable);
}

TEST_F(AgentLinkTest, RefusesAMalformedMessageAndGoesOn) {
  ASSERT_TRUE(agent_->send("\xc1junk"));
  const auto answer = next_answer();
  ASSERT_TRUE(answer);
  EXPECT_THAT(text_of(std::get<wire::Refused>(*answer).reason), HasSubstr("malformed message"));
  EXPECT_EQ(link_->malformed(), 1U);
  EXPECT_THAT(link_->last_malformed(), HasSubstr(node_keys_->public_key()));
  ASSERT_TRUE(agent_->send(wire::encode(wire::Beat{})));
  EXPECT_TRUE(next_message());
}

wire::Inventory large_inventory() {
  wire::Inventory inventory;
  for (int i = 0; i < 1'000; ++i) {
    Reference reference;
    reference.place = "/etc/a_file_with_a_name_of_some_length_" + std::to_string(i);
    reference.value = std::string(200, 'v');
    inventory.references.push_back(std::move(reference));
  }
  return inventory;
}

// A frame over the limit would end the connection.
TEST_F(AgentLinkTest, HearsALargeMessageInParts) {
  const auto inventory = large_inventory();
  const auto frames = wire::frames_of(wire::encode(inventory), 1);
  ASSERT_GT(frames.size(), 3U);
  for (const auto& frame : frames) ASSERT_TRUE(agent_->send(frame));
  const auto message = next_message();
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<wire::Inventory>(message->message), inventory);
  EXPECT_GT(message->bytes, 3 * wire::kMaxFrameBytes) << "as a whole";
}

TEST_F(AgentLinkTest, AMessageThatIsInterruptedIsLostAndTheNextOneIsHeard) {
  const auto frames = wire::frames_of(wire::encode(large_inventory()), 1);
  ASSERT_TRUE(agent_->send(frames[0]));
  ASSERT_TRUE(agent_->send(frames[2]));
  const auto answer = next_answer();
  ASSERT_TRUE(answer);
  EXPECT_THAT(text_of(std::get<wire::Refused>(*answer).reason), HasSubstr("not the next one"));
  ASSERT_TRUE(agent_->send(wire::encode(wire::Beat{})));
  EXPECT_TRUE(next_message());
}

TEST_F(AgentLinkTest, ListensOnEveryEndpointOrNotAtAll) {
  const auto context = net::Context::create();
  const auto taken = AgentLink::open(*context, *keys_, {"tcp://127.0.0.1:*", link_->endpoint()}, {},
                                     kMostConnections);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().to, link_->endpoint());
  EXPECT_FALSE(taken.error().cure.empty());
}

}  // namespace
}  // namespace sn::coordinator
