#include "coordinator/feed/feed_publisher.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/clock.h"
#include "common/net/reactor.h"
#include "common/net/socket_monitor.h"

namespace sn::coordinator {
namespace {

constexpr int64_t kDeadline_ms = 10'000;

class FeedPublisherTest : public testing::Test {
 protected:
  ~FeedPublisherTest() override { ::unlink(path_.c_str()); }

  void open(const std::string& endpoint, FeedPublisher::NameOfKey admitted = {}) {
    auto feed = FeedPublisher::open(endpoint, {}, keys_, std::move(admitted));
    ASSERT_TRUE(feed) << feed.error().message();
    feed_ = std::move(*feed);
  }

  net::Socket subscriber(const net::CurveKeys* keys = nullptr) {
    net::SocketOptions options;
    options.reconnect_ms = 20;
    options.curve = keys;
    if (keys != nullptr) options.curve_server_key = keys_.public_key();
    auto socket = net::Socket::open(context_, net::SocketType::sub, options);
    EXPECT_TRUE(socket->subscribe(""));
    EXPECT_TRUE(socket->connect(feed_->endpoint()));
    return std::move(*socket);
  }

  // An event a round, until the subscriber has one or `rounds` are over.
  std::optional<net::Received> first_event(net::Socket& subscriber, int rounds = 1'000) {
    Event event;
    event.epoch = "e";
    event.id = "SN0401";
    event.text = "by root";
    const MonotonicTime end = monotonic_now() + kDeadline_ms;
    for (; rounds > 0 && monotonic_now() < end; --rounds) {
      ++event.serial;
      feed_->publish(event);
      net::Reactor reactor;
      const auto watch = reactor.on(subscriber, net::Reactor::readable, [](auto) {});
      EXPECT_TRUE(reactor.step(10));
      feed_->hear();
      if (auto received = *subscriber.receive()) return received;
    }
    return std::nullopt;
  }

  std::string path_ = testing::TempDir() + "feed_" + std::to_string(::getpid()) + ".sock";
  net::Context context_ = *net::Context::create();
  net::CurveKeys keys_ = *net::CurveKeys::generate();
  std::unique_ptr<FeedPublisher> feed_;
};

TEST_F(FeedPublisherTest, SendsOneFrameAnEvent) {
  open("ipc://" + path_);
  net::Socket one = subscriber();
  const auto received = first_event(one);
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->single_frame);
  EXPECT_EQ(static_cast<unsigned char>(received->bytes[0]), 0x89);  // a map of nine
  EXPECT_NE(received->bytes.find("SN0401"), std::string::npos);
}

TEST_F(FeedPublisherTest, OpensItsSocketToNobodyElse) {
  open("ipc://" + path_);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(FeedPublisherTest, WhoSubscribesWithoutEndLosesItsConnection) {
  open("ipc://" + path_);
  net::Socket one = subscriber();
  auto lost = net::SocketMonitor::open(context_, one, ZMQ_EVENT_DISCONNECTED);
  ASSERT_TRUE(first_event(one));
  for (size_t i = 0; i <= kMostSubscriptions; ++i) {
    ASSERT_TRUE(one.subscribe("x" + std::to_string(i)));
  }
  const MonotonicTime end = monotonic_now() + kDeadline_ms;
  bool seen = false;
  while (!seen && monotonic_now() < end) {
    net::Reactor reactor;
    const auto watch = reactor.on(feed_->socket(), net::Reactor::readable, [](auto) {});
    ASSERT_TRUE(reactor.step(10));
    feed_->hear();
    seen = lost->next().has_value();
  }
  EXPECT_TRUE(seen);
}

// libzmq's client does not come again where it was refused.
TEST_F(FeedPublisherTest, ACollectorMayBeStartedManyTimes) {
  const auto mine = net::CurveKeys::generate();
  open("tcp://127.0.0.1:*", {{mine->public_key(), "wall"}});
  for (int i = 0; i < 40; ++i) {
    net::Socket one = subscriber(&*mine);
    ASSERT_TRUE(first_event(one)) << i;
  }
}

TEST_F(FeedPublisherTest, OverTcpOnlyWhoseKeyIsNamedHearsAnything) {
  const auto mine = net::CurveKeys::generate(), other = net::CurveKeys::generate(),
             late = net::CurveKeys::generate();
  open("tcp://127.0.0.1:*", {{mine->public_key(), "wall"}});
  net::Socket named = subscriber(&*mine), stranger = subscriber(&*other), open_one = subscriber();
  EXPECT_TRUE(first_event(named));
  EXPECT_FALSE(first_event(stranger, 20));
  EXPECT_FALSE(first_event(open_one, 20));
  feed_->admit({{mine->public_key(), "wall"}, {late->public_key(), "late"}});
  net::Socket later = subscriber(&*late);
  EXPECT_TRUE(first_event(later));
  EXPECT_EQ(feed_->subscribers().ended(), 0U);
  auto lost = net::SocketMonitor::open(context_, named, ZMQ_EVENT_DISCONNECTED);
  feed_->admit({{late->public_key(), "late"}});
  EXPECT_EQ(feed_->subscribers().ended(), 1U);
  const MonotonicTime end = monotonic_now() + kDeadline_ms;
  bool seen = false;
  while (!seen && monotonic_now() < end) {
    (void)first_event(later, 1);
    seen = lost->next().has_value();
  }
  EXPECT_TRUE(seen) << "who is named no more is cut off";
}

}  // namespace
}  // namespace sn::coordinator
