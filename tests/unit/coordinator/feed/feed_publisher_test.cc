#include "coordinator/feed/feed_publisher.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/reactor.h"

namespace sn::coordinator {
namespace {

std::string ipc_path() {
  return testing::TempDir() + "feed_" + std::to_string(::getpid()) + ".sock";
}

TEST(FeedPublisher, SendsOneFrameAnEvent) {
  const auto context = net::Context::create();
  const std::string path = ipc_path();
  auto feed = FeedPublisher::open(*context, "ipc://" + path, ::getegid());
  ASSERT_TRUE(feed) << feed.error().message();
  auto subscriber = net::Socket::open(*context, net::SocketType::sub, {});
  ASSERT_TRUE(subscriber->subscribe(""));
  ASSERT_TRUE(subscriber->connect("ipc://" + path));
  Event event;
  event.epoch = "e";
  event.id = "SN0401";
  event.text = "by root";
  const MonotonicTime end = monotonic_now() + 10'000;
  std::optional<net::Received> received;
  // A subscription takes effect some time after connect(); an event a round until it has.
  while (!received && monotonic_now() < end) {
    ++event.serial;
    feed->publish(event);
    net::Reactor reactor;
    const auto watch = reactor.on(*subscriber, net::Reactor::readable, [](auto) {});
    ASSERT_TRUE(reactor.step(10));
    received = *subscriber->receive();
  }
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->single_frame);
  EXPECT_EQ(static_cast<unsigned char>(received->bytes[0]), 0x89);  // a map of nine
  EXPECT_NE(received->bytes.find("SN0401"), std::string::npos);
  ::unlink(path.c_str());
}

TEST(FeedPublisher, OpensItsSocketToTheGroupOnly) {
  const auto context = net::Context::create();
  const std::string path = ipc_path();
  const auto feed = FeedPublisher::open(*context, "ipc://" + path, ::getegid());
  ASSERT_TRUE(feed);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660U);
  ::unlink(path.c_str());
}

TEST(FeedPublisher, RefusesAnAddressThatOthersReach) {
  EXPECT_TRUE(check_feed_endpoint("ipc:///run/sncoord/feed.sock"));
  EXPECT_TRUE(check_feed_endpoint("tcp://127.0.0.1:7401"));
  EXPECT_FALSE(check_feed_endpoint("tcp://10.1.0.1:7401"));
  EXPECT_FALSE(check_feed_endpoint("tcp://*:7401"));
  EXPECT_FALSE(check_feed_endpoint("ipc://"));
  EXPECT_FALSE(check_feed_endpoint("tcp://127.0.0.10.evil:1"));
}

}  // namespace
}  // namespace sn::coordinator
