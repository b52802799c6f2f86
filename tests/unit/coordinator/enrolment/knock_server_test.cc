#include "coordinator/enrolment/knock_server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>

#include "common/base/clock.h"
#include "common/enrolment/knock_frames.h"
#include "common/net/connect.h"

namespace sn::coordinator {
namespace {

constexpr int64_t kDeadlineMs = 10'000;

class KnockServerTest : public testing::Test {
 protected:
  KnockServerTest() {
    auto server = KnockServer::open(reactor_, keys_, {"tcp://127.0.0.1:7400"}, 0, {},
                                    [this](const Knocked& knocked) { heard_.push_back(knocked); });
    EXPECT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }

  [[nodiscard]] UniqueFd connect() {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(net::connect_to(fd.get(), *IpAddress::parse("127.0.0.1"), server_->port()), 0);
    return fd;
  }
  template <class Until>
  bool turn_until(const Until& until) {
    const MonotonicTime end = monotonic_now() + kDeadlineMs;
    while (!until()) {
      if (monotonic_now() >= end) return false;
      (void)reactor_.step(10);
    }
    return true;
  }
  // Whatever comes until the peer has said as much, or has hung up.
  std::string hear(const UniqueFd& fd, size_t most) {
    std::string got;
    std::array<char, 4'096> piece{};
    bool over = false;
    (void)turn_until([&] {
      while (!over && got.size() < most) {
        const ssize_t size =
            ::recv(fd.get(), piece.data(), std::min(piece.size(), most - got.size()), MSG_DONTWAIT);
        if (size < 0) return false;
        over = size == 0;
        got.append(piece.data(), static_cast<size_t>(size));
      }
      return true;
    });
    return got;
  }
  // As a node does it, up to its knock.
  void knock(const UniqueFd& fd, const std::string& challenge) {
    const auto ends = net::tcp_peer(fd.get());
    wire::Knock knock;
    knock.node = "cn001";
    knock.challenge = challenge;
    knock.from = net::endpoint_text(ends->own_address, ends->own_port);
    knock.to = net::endpoint_text(ends->address, ends->port);
    say(fd, enrolment::knock_frame(knock, node_, keys_.public_key()));
  }
  static void say(const UniqueFd& fd, const std::string& bytes) {
    EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string challenge_to(const UniqueFd& fd) {
    return enrolment::challenge_of(hear(fd, enrolment::kGreetingBytes)).value_or("none");
  }
  bool hung_up_on(const UniqueFd& fd) { return hear(fd, 1).empty(); }

  MonotonicTime now_{1'000};
  net::Reactor reactor_{[this] { return now_; }};
  net::CurveKeys keys_ = *net::CurveKeys::generate();
  net::CurveKeys node_ = *net::CurveKeys::generate();
  std::vector<Knocked> heard_;
  std::unique_ptr<KnockServer> server_;
};

TEST_F(KnockServerTest, HearsAKnockAndAnswersIt) {
  const UniqueFd fd = connect();
  knock(fd, challenge_to(fd));
  ASSERT_TRUE(turn_until([&] { return !heard_.empty(); }));
  const Knocked& knocked = heard_.front();
  EXPECT_EQ(knocked.public_key, node_.public_key());
  EXPECT_EQ(knocked.knock.node, "cn001");
  EXPECT_EQ(knocked.from.to_string(), "127.0.0.1");
  EXPECT_EQ(knocked.port, net::tcp_peer(fd.get())->own_port);
  EXPECT_TRUE(knocked.direct);
  server_->answer(knocked.request, knocked.public_key, {{}, true, {}, {}});
  const std::string frame = hear(fd, enrolment::kMaxAnswerBytes);
  ASSERT_EQ(enrolment::whole_frame(frame), frame.size());
  const auto answer = enrolment::open_answer(enrolment::body_of(frame), node_, keys_.public_key());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->accepted);
  EXPECT_EQ(server_->size(), 0U);
  server_->answer(knocked.request, knocked.public_key, {{}, true, {}, {}});  // it is gone
}

TEST_F(KnockServerTest, WhatWasSaidOverAnotherConnectionIsNotHeard) {
  const UniqueFd first = connect(), second = connect();
  const std::string challenge = challenge_to(first);
  (void)challenge_to(second);
  knock(second, challenge);
  EXPECT_TRUE(hung_up_on(second));
  EXPECT_THAT(heard_, testing::IsEmpty());
}

TEST_F(KnockServerTest, WhoStandsBetweenIsSeen) {
  const UniqueFd fd = connect();
  wire::Knock knock;
  knock.node = "cn001";
  knock.challenge = challenge_to(fd);
  knock.from = "10.1.1.11:612";  // as the node has it, whose words somebody passes on
  knock.to = net::endpoint_text(*IpAddress::parse("127.0.0.1"), server_->port());
  say(fd, enrolment::knock_frame(knock, node_, keys_.public_key()));
  ASSERT_TRUE(turn_until([&] { return !heard_.empty(); }));
  EXPECT_FALSE(heard_.front().direct);
}

TEST_F(KnockServerTest, JunkIsHungUpOn) {
  const std::string more_than_it_says{'\0', '\4', 'a', 'b', 'c', 'd', 'e'};
  for (const std::string& junk : {std::string("\xff\xff"), more_than_it_says, std::string(2, '\0'),
                                  std::string("GET / HTTP/1.1\r\n\r\n")}) {
    const UniqueFd fd = connect();
    (void)challenge_to(fd);
    say(fd, junk);
    EXPECT_TRUE(hung_up_on(fd));
  }
  EXPECT_EQ(server_->size(), 0U);
  EXPECT_THAT(heard_, testing::IsEmpty());
}

TEST_F(KnockServerTest, WhoSaysNothingGivesItsPlaceUp) {
  const UniqueFd fd = connect();
  EXPECT_NE(challenge_to(fd), "none");
  now_ = now_ + kKnockSaid_ms;
  EXPECT_TRUE(turn_until([&] { return server_->size() == 0; }));
  EXPECT_TRUE(hung_up_on(fd));
}

TEST_F(KnockServerTest, OfOneSourceTheOldestThatSaysNothingGoes) {
  const UniqueFd knocked = connect();
  knock(knocked, challenge_to(knocked));
  ASSERT_TRUE(turn_until([&] { return !heard_.empty(); }));
  std::vector<UniqueFd> silent;
  for (size_t i = 1; i < kMostKnockingOfSource; ++i) {
    silent.push_back(connect());
    EXPECT_NE(challenge_to(silent.back()), "none") << i;
  }
  // They are as quick as one can be.
  const UniqueFd too_soon = connect();
  EXPECT_TRUE(hung_up_on(too_soon));
  now_ = now_ + kKnockPatience_ms;
  const UniqueFd later = connect();
  EXPECT_NE(challenge_to(later), "none");
  EXPECT_EQ(server_->size(), kMostKnockingOfSource);
  EXPECT_TRUE(hung_up_on(silent.front()));
  // Who has knocked keeps its place.
  server_->answer(heard_.front().request, node_.public_key(), {});
  EXPECT_FALSE(hung_up_on(knocked));
}

TEST_F(KnockServerTest, OnlySoManyAreOpenedAtOnce) {
  // Four at once are let in of this source, one after the other, and the clock stands.
  for (size_t i = 0; i < kMostOpened; ++i) {
    const UniqueFd fd = connect();
    knock(fd, challenge_to(fd));
    ASSERT_TRUE(turn_until([&] { return heard_.size() == i + 1; }));
    server_->answer(heard_.back().request, node_.public_key(), {});
  }
  const UniqueFd fd = connect();
  knock(fd, challenge_to(fd));
  for (int i = 0; i < 5; ++i) (void)reactor_.step(1);
  EXPECT_EQ(heard_.size(), kMostOpened);
  now_ = now_ + kOpened_ms;
  EXPECT_TRUE(turn_until([&] { return heard_.size() == kMostOpened + 1; }));
}

TEST_F(KnockServerTest, AnAddressKnocksOnlySoOften) {
  const auto come = [&] {
    const UniqueFd fd = connect();
    const bool greeted = challenge_to(fd) != "none";
    if (greeted) {
      say(fd, "!!");
      (void)hung_up_on(fd);
    }
    return greeted;
  };
  for (int i = 0; i < static_cast<int>(kKnocksBurst); ++i) EXPECT_TRUE(come()) << i;
  EXPECT_FALSE(come());
  now_ = now_ + static_cast<int64_t>(1'000 / kKnocksPerSecond);
  EXPECT_TRUE(come());
  EXPECT_FALSE(come());
}

TEST_F(KnockServerTest, ATakenPortIsNamed) {
  const auto taken = KnockServer::open(reactor_, keys_, {"tcp://127.0.0.1:7400"}, server_->port(),
                                       {}, [](const Knocked&) {});
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), testing::HasSubstr("enrolment_port"));
}

}  // namespace
}  // namespace sn::coordinator
