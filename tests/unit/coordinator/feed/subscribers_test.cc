#include "coordinator/feed/subscribers.h"

#include <gmock/gmock.h>

#include <set>

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SubscribersTest : public testing::Test {
 protected:
  void seconds(int count) {
    for (; count > 0; --count) {
      now_ = now_ + kLookAtSubscribers_ms;
      subscribers_.look(now_);
    }
  }
  void subscribe(int descriptor, const std::string& who) {
    subscribers_.accepted(descriptor, now_);
    subscribers_.heard(descriptor, who);
  }

  MonotonicTime now_{1'000'000};
  std::map<int, net::Outgoing> outgoing_;
  std::set<int> ended_;
  Subscribers subscribers_{
      {[this](int descriptor) -> std::optional<net::Outgoing> { return outgoing_[descriptor]; },
       [this](int descriptor) { ended_.insert(descriptor); }}};
};

TEST_F(SubscribersTest, AStrangerIsEndedAndASubscriberIsNot) {
  subscribers_.accepted(7, now_);
  subscribe(8, "wall");
  seconds(11);
  EXPECT_THAT(ended_, ElementsAre(7));
  EXPECT_EQ(subscribers_.ended(), 1U);
}

TEST_F(SubscribersTest, OfManyStrangersTheOldestGoes) {
  for (int descriptor = 0; descriptor < static_cast<int>(kMostFeedStrangers); ++descriptor) {
    subscribers_.accepted(100 - descriptor, now_);
  }
  EXPECT_THAT(ended_, IsEmpty());
  subscribers_.accepted(200, now_);
  EXPECT_THAT(ended_, ElementsAre(100));
}

TEST_F(SubscribersTest, WhoDoesNotReadIsEnded) {
  for (const int descriptor : {1, 2, 3}) subscribe(descriptor, "wall");
  outgoing_[1] = {5'000, 0};  // and stays so
  outgoing_[2] = {0, 0};
  for (int i = 0; i < 12; ++i) {
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
  EXPECT_FALSE(ended_.contains(descriptor));
  while (descriptor < 100) {
    ++descriptor;
    subscribe(descriptor, "s" + std::to_string(descriptor));
  }
  EXPECT_EQ(100 - ended_.size(), kMostSubscribers);
  EXPECT_FALSE(ended_.contains(1)) << "who is there stays";
}

TEST_F(SubscribersTest, SubscriptionsHaveAnEnd) {
  subscribe(1, "wall");
  for (size_t i = 1; i < kMostSubscriptions; ++i) subscribers_.heard(1, "wall");
  EXPECT_THAT(ended_, IsEmpty());
  subscribers_.heard(1, "wall");
  EXPECT_THAT(ended_, ElementsAre(1));
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
  seconds(8);
  subscribers_.closed(1);
  subscribe(1, "other");
  seconds(8);
  EXPECT_THAT(ended_, IsEmpty());
}

}  // namespace
}  // namespace sn::coordinator
