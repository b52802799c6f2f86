#include "coordinator/feed/subscribers.h"

#include <gmock/gmock.h>

#include <set>

namespace sn::coordinator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class SubscribersTest : public testing::Test {
 protected:
  void seconds(int count) {
    for (; count > 0; --count) {
      now_ = now_ + kLookAtSubscribers_ms;
      subscribers_.look(now_);
    }
  }
  void accepted(int descriptor, const std::string& from = "10.1.1.1") {
    from_[descriptor] = from;
    subscribers_.accepted(descriptor, now_);
  }
  void subscribe(int descriptor, const std::string& who, const std::string& from = "10.1.1.1") {
    accepted(descriptor, from);
    subscribers_.heard(descriptor, who);
  }

  MonotonicTime now_{1'000'000};
  std::map<int, std::string> from_;
  std::map<int, net::Outgoing> outgoing_;
  std::map<int, uint64_t> said_;
  uint64_t memory_ = 100'000'000;
  std::set<int> ended_;
  Subscribers subscribers_{
      {.from = [this](int descriptor) { return from_[descriptor]; },
       .outgoing = [this](int descriptor) -> std::optional<net::Outgoing> {
         return outgoing_[descriptor];
       },
       .said = [this](int descriptor) -> std::optional<uint64_t> { return said_[descriptor]; },
       .memory = [this] { return memory_; },
       .end = [this](int descriptor) { ended_.insert(descriptor); }}};
};

TEST_F(SubscribersTest, AStrangerIsEndedAndASubscriberIsNot) {
  accepted(7);
  subscribe(8, "wall");
  seconds(11);
  EXPECT_THAT(ended_, ElementsAre(7));
  EXPECT_EQ(subscribers_.ended(), 1U);
}

TEST_F(SubscribersTest, OfManyStrangersTheOldestOfTheAddressWithTheMostGoes) {
  accepted(1, "10.1.1.9");  // older than all others, and alone
  for (int descriptor = 2; descriptor <= static_cast<int>(kMostFeedStrangers) + 1; ++descriptor) {
    accepted(descriptor);
  }
  // Its word lies there already.
  subscribers_.heard(1, "wall");
  subscribers_.trim();
  EXPECT_THAT(ended_, IsEmpty());
  accepted(200, "10.1.1.9");
  subscribers_.trim();
  EXPECT_THAT(ended_, ElementsAre(2));
}

TEST_F(SubscribersTest, WhoDoesNotReadIsEnded) {
  for (const int descriptor : {1, 2, 3}) subscribe(descriptor, "wall");
  outgoing_[1] = {5'000, 0};  // and stays so
  outgoing_[2] = {0, 0};
  for (int i = 0; i < 32; ++i) {
    outgoing_[3].waiting = 9'000;
    outgoing_[3].taken += 100;  // slow, and reads
    seconds(1);
  }
  EXPECT_THAT(ended_, ElementsAre(1));
}

TEST_F(SubscribersTest, NobodyTakesAllPlaces) {
  int descriptor = 0;
  for (size_t i = 0; i < kMostOfSubscriber; ++i) subscribe(++descriptor, "wall");
  EXPECT_THAT(ended_, IsEmpty());
  subscribe(++descriptor, "wall");
  EXPECT_THAT(ended_, ElementsAre(descriptor));
  subscribe(++descriptor, "other");
  EXPECT_THAT(ended_, Not(Contains(descriptor)));
  while (descriptor < 100) {
    ++descriptor;
    subscribe(descriptor, "s" + std::to_string(descriptor));
  }
  EXPECT_EQ(100 - ended_.size(), kMostOtherSubscribers);
  EXPECT_THAT(ended_, Not(Contains(1))) << "who is there stays";
  for (descriptor = 101; descriptor <= 116; ++descriptor) {
    subscribe(descriptor, "uid 0", kRootOfThisMachine);
    EXPECT_THAT(ended_, Not(Contains(descriptor)));
  }
  subscribe(117, "uid 0", kRootOfThisMachine);
  EXPECT_THAT(ended_, Contains(117));
}

TEST_F(SubscribersTest, SubscriptionsHaveAnEnd) {
  subscribe(1, "wall");
  for (size_t i = 1; i < kMostSubscriptions; ++i) subscribers_.heard(1, "wall");
  EXPECT_THAT(ended_, IsEmpty());
  subscribers_.heard(1, "wall");
  EXPECT_THAT(ended_, ElementsAre(1));
}

// Frames with more to come are no word, and libzmq keeps them all.
TEST_F(SubscribersTest, AMessageThatDoesNotEndEndsItsConnection) {
  subscribe(1, "wall");
  subscribe(2, "wall");
  said_[1] = kMostSaid + kMostSaidPerSecond + 1;
  said_[2] = kMostSaid;
  seconds(1);
  EXPECT_THAT(ended_, ElementsAre(1));
  // A heartbeat a second, for a day.
  now_ = now_ + 86'400'000;
  said_[2] += 86'400 * kMostSaidPerSecond;
  seconds(1);
  EXPECT_THAT(ended_, ElementsAre(1));
}

TEST_F(SubscribersTest, WhereNobodyCountsBytesMemoryIsLookedAt) {
  subscribe(1, "uid 1000", "uid 1000");
  subscribe(2, "uid 0", kRootOfThisMachine);
  accepted(3, "uid 1000");
  subscribe(4, "wall", "10.1.1.9");
  seconds(1);
  memory_ += kMostFeedGrowth;
  seconds(1);
  EXPECT_THAT(ended_, IsEmpty());
  memory_ += 1;
  seconds(1);
  EXPECT_THAT(ended_, ElementsAre(1, 3));
}

// Of an old ZMTP libzmq does not say over which connection a word came.
TEST_F(SubscribersTest, AWordOfNobodyKnownEndsTheStrangers) {
  subscribe(1, "wall");
  accepted(2);
  subscribers_.heard(-1, "");
  EXPECT_THAT(ended_, ElementsAre(2));
}

TEST_F(SubscribersTest, WhoMaySubscribeNoMoreIsEnded) {
  subscribe(1, "wall");
  subscribe(2, "other");
  subscribe(3, "");
  subscribers_.end_all_of("wall");
  EXPECT_THAT(ended_, ElementsAre(1, 3));
}

TEST_F(SubscribersTest, ANumberThatIsUsedAgainIsAnothers) {
  subscribe(1, "wall");
  outgoing_[1] = {5'000, 0};
  seconds(20);
  subscribers_.closed(1);
  subscribe(1, "other");
  seconds(20);
  EXPECT_THAT(ended_, IsEmpty());
  // A word of before, read late: it must not make this one wall's for good.
  subscribers_.closed(1);
  subscribe(1, "wall");
  subscribers_.heard(1, "other");
  EXPECT_THAT(ended_, ElementsAre(1));
}

}  // namespace
}  // namespace sn::coordinator
