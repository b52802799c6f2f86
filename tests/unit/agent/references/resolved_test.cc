#include "agent/references/resolved.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kResolved("resolved");
const Planning kTimesyncd("timesyncd");

TEST(Resolved, MovesServersWithPortInterfaceAndName) {
  EXPECT_EQ(kResolved.after("[Resolve]\nDNS=10.1.1.100 8.8.8.8\nFallbackDNS = [fd00:1::100]:53\n"
                            "DNS=10.1.2.100:53%eth0#sn1-hf0 10.1.1.100#sn1-eth1.d.example\n"
                            "Domains=sn1-eth1.d.example\n"),
            "[Resolve]\nDNS=10.1.1.101 8.8.8.8\nFallbackDNS = [fd00:1::101]:53\n"
            "DNS=10.1.2.101:53%eth0#sn2-hf0\n"
            "Domains=sn1-eth1.d.example\n");
}

TEST(Resolved, LeavesOneOfTwoEqualServers) {
  EXPECT_EQ(kResolved.after("[Resolve]\nDNS=10.1.1.100 x 10.1.1.101\n"),
            "[Resolve]\nDNS=10.1.1.101 x\n");
  EXPECT_EQ(kResolved.after("[Resolve]\nDNS=10.1.1.101\nDNS=10.1.1.100\nDNSSEC=no\n"),
            "[Resolve]\nDNS=10.1.1.101\nDNSSEC=no\n");
}

TEST(Resolved, LeavesCommentsAndOtherSections) {
  for (const char* text : {"[Resolve]\n#DNS=10.1.1.100\n;DNS=10.1.1.100\n",
                           "[Other]\nDNS=10.1.1.100\n", "DNS=10.1.1.100\n", "[Resolve]\nDNS=\n"}) {
    EXPECT_EQ(kResolved.after(text), text);
  }
}

TEST(Resolved, ReadsContinuedLines) {
  EXPECT_EQ(kResolved.after("[Resolve]\nDNS=8.8.8.8 \\\n  10.1.1.100\n"),
            "[Resolve]\nDNS=8.8.8.8 \\\n  10.1.1.101\n");
  EXPECT_THAT(kResolved.references("[Resolve]\nDNS=8.8.8.8 \\\n  10.1.1.100\n"),
              ElementsAre("/etc/systemd/resolved.conf:3 DNS 10.1.1.100 SN1P move"));
}

TEST(Resolved, OfFilesWithOneNameTheFirstLayerCounts) {
  const auto roots = kResolved.kind->roots();
  ASSERT_EQ(roots.size(), 2U);
  EXPECT_THAT(roots[1].patterns, ElementsAre("/etc/systemd/resolved.conf.d/*.conf",
                                             "/run/systemd/resolved.conf.d/*.conf",
                                             "/usr/lib/systemd/resolved.conf.d/*.conf"));
  EXPECT_EQ(kResolved.kind->service(), "systemd-resolved");
  EXPECT_FALSE(kResolved.kind->moves_offline());
}

TEST(Timesyncd, MovesItsServers) {
  EXPECT_EQ(kTimesyncd.after("[Time]\nNTP=sn1-eth1 x\nFallbackNTP=10.1.1.100\nDNS=sn1-eth1\n"),
            "[Time]\nNTP=sn2-eth1 x\nFallbackNTP=10.1.1.101\nDNS=sn1-eth1\n");
  EXPECT_TRUE(kTimesyncd.kind->moves_offline());
}

}  // namespace
}  // namespace sn::agent
