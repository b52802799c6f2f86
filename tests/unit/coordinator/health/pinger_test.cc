#include "coordinator/health/pinger.h"

#include <gtest/gtest.h>

namespace sn::coordinator {
namespace {

TEST(Pinger, AnswersEveryRequestByItsDeadline) {
  Pinger pinger;
  const MonotonicTime now = monotonic_now();
  // TEST-NET-1 (RFC 5737): nobody answers there.
  pinger.start(Ping{1, "192.0.2.1", 2049, 400}, now);
  pinger.start(Ping{2, "no-address", 2049, 400}, now);
  EXPECT_EQ(pinger.next_deadline(now + 5).ms, 0) << "one is over already";
  auto answers = pinger.take_finished(now);
  ASSERT_GE(answers.size(), 1U);
  EXPECT_EQ(answers.front().request, 2U);
  EXPECT_EQ(answers.front().evidence, "'no-address' is no address");
  const auto late = pinger.take_finished(now + 400);
  answers.insert(answers.end(), late.begin(), late.end());
  EXPECT_EQ(answers.size(), 2U);
  for (const auto& answer : answers) EXPECT_FALSE(answer.answered);
  EXPECT_TRUE(pinger.fds().empty());
  EXPECT_EQ(pinger.next_deadline(now + 5), now + 5);
}

}  // namespace
}  // namespace sn::coordinator
