#include "coordinator/health/prober.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/silent_port.h"

namespace sn::coordinator {
namespace {

TEST(Prober, AnswersEveryRequestByItsDeadline) {
  std::map<uint64_t, MachineSighting> results;
  net::Reactor reactor;
  Prober prober(reactor, net::RawSockets::open(),
                [&](uint64_t request, const MachineSighting& seen) {
                  results[request] = seen;
                  if (results.size() == 2) reactor.stop();
                });
  const SilentPort silent;
  prober.start(Probe{1, "SN1P", {SilentPort::kAddress}, {{Transport::tcp, silent.port()}}, 200});
  prober.start(Probe{2, "SN2P", {"no-address"}, {{Transport::tcp, 22}}, 200});
  EXPECT_TRUE(results.empty()) << "never from within start()";
  ASSERT_TRUE(reactor.run());
  EXPECT_NE(results.at(1).life, Life::serves);
  EXPECT_EQ(results.at(2).life, Life::unasked);
  EXPECT_EQ(results.at(2).evidence, "no address to ask");
}

}  // namespace
}  // namespace sn::coordinator
