#include "coordinator/health/prober.h"

#include <gtest/gtest.h>

namespace sn::coordinator {
namespace {

TEST(Prober, AnswersEveryRequestByItsDeadline) {
  Prober prober({1});
  const MonotonicTime now = monotonic_now();
  // TEST-NET-1 (RFC 5737): nobody answers there.
  prober.start(Probe{1, "SN1P", {"192.0.2.1"}, 1000}, now);
  prober.start(Probe{2, "SN2P", {"no-address"}, 1000}, now);
  auto results = prober.take_finished(now);
  ASSERT_GE(results.size(), 1U);
  EXPECT_EQ(results.back().request, 2U);
  EXPECT_EQ(results.back().evidence, "no address to probe");
  const auto late = prober.take_finished(now + 1000);
  results.insert(results.end(), late.begin(), late.end());
  EXPECT_EQ(results.size(), 2U);
  for (const auto& result : results) EXPECT_FALSE(result.alive);
  EXPECT_TRUE(prober.fds().empty());
  EXPECT_EQ(prober.next_deadline(now + 5), now + 5);
}

}  // namespace
}  // namespace sn::coordinator
