#include "coordinator/health/prober.h"

#include <gtest/gtest.h>

#include "tests/unit/silent_port.h"

namespace sn::coordinator {
namespace {

TEST(Prober, AnswersEveryRequestByItsDeadline) {
  MonotonicTime now = monotonic_now();
  net::Reactor reactor([&now] { return now; });
  std::vector<ProbeResult> results;
  const SilentPort silent;
  Prober prober(reactor, {silent.port()},
                [&](const ProbeResult& result) { results.push_back(result); });
  prober.start(Probe{1, "SN1P", {SilentPort::kAddress}, 1000});
  prober.start(Probe{2, "SN2P", {"no-address"}, 1000});
  EXPECT_TRUE(results.empty()) << "never from within start()";
  ASSERT_TRUE(reactor.step());
  ASSERT_GE(results.size(), 1U);
  EXPECT_EQ(results.back().request, 2U);
  EXPECT_EQ(results.back().evidence, "no address to probe");
  now = now + 1000;
  ASSERT_TRUE(reactor.step(0));
  ASSERT_TRUE(reactor.step(0));
  EXPECT_EQ(results.size(), 2U);
  for (const auto& result : results) EXPECT_FALSE(result.alive);
}

}  // namespace
}  // namespace sn::coordinator
