#include "common/net/admissions.h"

#include <gtest/gtest.h>

namespace sn::net {
namespace {

constexpr AdmissionLimits kLimits;

class AdmissionsTest : public testing::Test {
 protected:
  // How many of so many are let in, one after the other.
  int let_in(int count, const std::string& key = "key", bool heard = false) {
    int in = 0;
    for (int i = 0; i < count; ++i) {
      if (!admissions_.take(key, now_)) continue;
      ++in;
      if (heard) admissions_.heard(key);
    }
    return in;
  }

  MonotonicTime now_{1'000};
  Admissions admissions_;
};

TEST_F(AdmissionsTest, AnAgentThatConnectsAgainIsLetIn) {
  EXPECT_EQ(let_in(static_cast<int>(kLimits.burst) + 10, "key", true),
            static_cast<int>(kLimits.burst));
  EXPECT_EQ(let_in(1, "other", true), 1);
  now_ = now_ + 10'000;
  EXPECT_EQ(let_in(10, "key", true), static_cast<int>(10 * kLimits.per_second));
}

TEST_F(AdmissionsTest, WhoIsNeverHeardIsNotLetInForLong) {
  EXPECT_EQ(let_in(100), static_cast<int>(kLimits.unheard));
  // Whatever it waits: nobody knows what became of them.
  now_ = now_ + 600'000;
  EXPECT_EQ(let_in(100), 0);
  now_ = now_ + 3'600'000;
  EXPECT_EQ(let_in(100), 1);
  // One that is heard pays for itself, and for no other.
  EXPECT_EQ(let_in(1, "key", true), 0);
  EXPECT_EQ(let_in(1, "other", true), 1);
}

TEST_F(AdmissionsTest, WhatIsClosedIsForgotten) {
  EXPECT_EQ(let_in(100), static_cast<int>(kLimits.unheard));
  now_ = now_ + (kUnheardFor_ms - 1);
  admissions_.all_closed(now_);
  EXPECT_EQ(let_in(1), 0);  // it asks again and again
  now_ = now_ + 1;
  admissions_.all_closed(now_);
  EXPECT_EQ(let_in(1), 1);
  EXPECT_EQ(admissions_.size(), 1U);
  now_ = now_ + 3'600'000;
  (void)admissions_.news(now_);
  admissions_.all_closed(now_);
  EXPECT_EQ(admissions_.size(), 0U);
}

TEST_F(AdmissionsTest, ARefusedOneIsNamedOnceAMinute) {
  EXPECT_FALSE(admissions_.news(now_));
  (void)let_in(100);
  const auto over = admissions_.news(now_);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->node, "key");
  EXPECT_EQ(over->refused, 100U - 16U);
  (void)let_in(5);
  EXPECT_FALSE(admissions_.news(now_));
  now_ = now_ + kSayRefusedAgain_ms;
  (void)let_in(5);
  EXPECT_EQ(admissions_.news(now_)->refused, 10U);
}

}  // namespace
}  // namespace sn::net
