#include "coordinator/health/pinger.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/silent_port.h"

namespace sn::coordinator {
namespace {

TEST(Pinger, AnswersEveryRequestByItsDeadline) {
  MonotonicTime now = monotonic_now();
  net::Reactor reactor([&now] { return now; });
  std::vector<PingAnswer> answers;
  Pinger pinger(reactor, [&](const PingAnswer& answer) { answers.push_back(answer); });
  const SilentPort silent;
  pinger.start(Ping{1, SilentPort::kAddress, silent.port(), 400});
  pinger.start(Ping{2, "no-address", 2049, 400});
  EXPECT_TRUE(answers.empty()) << "never from within start()";
  ASSERT_TRUE(reactor.step());
  ASSERT_GE(answers.size(), 1U) << "one is over already";
  const auto unasked = std::find_if(answers.begin(), answers.end(),
                                    [](const PingAnswer& answer) { return answer.request == 2; });
  ASSERT_NE(unasked, answers.end());
  EXPECT_EQ(unasked->evidence, "'no-address' is no address");
  now = now + 400;
  ASSERT_TRUE(reactor.step(0));
  ASSERT_TRUE(reactor.step(0));
  EXPECT_EQ(answers.size(), 2U);
  for (const auto& answer : answers) EXPECT_FALSE(answer.answered);
}

}  // namespace
}  // namespace sn::coordinator
