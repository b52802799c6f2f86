#include "coordinator/link/budgets.h"

#include <gtest/gtest.h>

namespace sn::coordinator {
namespace {

constexpr MonotonicTime kBegin{1'000'000};

size_t taken(Budgets& budgets, const std::string& key, size_t frames, size_t bytes,
             MonotonicTime now) {
  size_t count = 0;
  for (size_t i = 0; i < frames; ++i) count += budgets.take(key, bytes, now) ? 1 : 0;
  return count;
}

TEST(Budgets, ANodeThatBeatsTenTimesASecondNeverMeetsIts) {
  Budgets budgets;
  for (int i = 0; i < 36'000; ++i) {
    ASSERT_TRUE(budgets.take("cn001", 200, kBegin + int64_t{100} * i));
  }
}

TEST(Budgets, TheLargestMessageAndAllThatANodeTellsAfterAReconnectAreWithinIt) {
  Budgets budgets;
  EXPECT_EQ(taken(budgets, "cn001", 260, 65'000, kBegin), 260U);
  EXPECT_EQ(taken(budgets, "cn001", 50, 2'000, kBegin), 50U);
}

TEST(Budgets, AFloodIsCutToItsRateAndNobodyElsePays) {
  Budgets budgets;
  EXPECT_EQ(taken(budgets, "evil", 100'000, 100, kBegin), static_cast<size_t>(kFrameBurst));
  EXPECT_TRUE(budgets.take("cn001", 100, kBegin));
  EXPECT_EQ(taken(budgets, "evil", 100'000, 100, kBegin + 10'000),
            static_cast<size_t>(10 * kFramesPerSecond));
}

TEST(Budgets, BytesCountAsWell) {
  Budgets budgets;
  EXPECT_EQ(taken(budgets, "evil", 600, 65'536, kBegin), static_cast<size_t>(kByteBurst) / 65'536);
}

TEST(Budgets, OneIsNamedOnceAMinuteWithHowMuchWasDropped) {
  Budgets budgets;
  EXPECT_FALSE(budgets.news(kBegin));
  (void)taken(budgets, "evil", static_cast<size_t>(kFrameBurst) + 7, 100, kBegin);
  const auto first = budgets.news(kBegin);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->node, "evil");
  EXPECT_EQ(first->dropped, 7U);
  (void)taken(budgets, "evil", 50, 100, kBegin);
  EXPECT_FALSE(budgets.news(kBegin)) << "it was said";
  (void)taken(budgets, "evil", 100'000, 100, kBegin + kSayAgain_ms);
  const auto second = budgets.news(kBegin + kSayAgain_ms);
  ASSERT_TRUE(second);
  EXPECT_GT(second->dropped, 50U);
}

TEST(Budgets, KeysThatSayNothingAnyMoreAreForgotten) {
  Budgets budgets;
  for (size_t i = 0; i < kMostBudgets; ++i) {
    ASSERT_TRUE(budgets.take(std::to_string(i), 100, kBegin));
  }
  ASSERT_TRUE(budgets.take("one more", 100, kBegin + 3'600'000));
  EXPECT_EQ(budgets.size(), 1U);
}

}  // namespace
}  // namespace sn::coordinator
