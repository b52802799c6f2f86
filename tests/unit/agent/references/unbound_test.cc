#include "agent/references/unbound.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kUnbound("unbound");

TEST(Unbound, MovesWhomItAsks) {
  EXPECT_EQ(kUnbound.after("server:\n  interface: 10.1.1.100\nforward-zone:\n  name: \".\"\n"
                           "  forward-addr: 10.1.1.100@853#sn1-eth1.d.example # 10.1.1.100\n"
                           "  forward-host: \"sn1-eth1\"\n#  forward-addr: 10.1.1.100\n"
                           "stub-zone:\n\tstub-addr: fd00:1::100\n"),
            "server:\n  interface: 10.1.1.100\nforward-zone:\n  name: \".\"\n"
            "  forward-addr: 10.1.1.101@853#sn2-eth1.d.example # 10.1.1.100\n"
            "  forward-host: \"sn2-eth1\"\n#  forward-addr: 10.1.1.100\n"
            "stub-zone:\n\tstub-addr: fd00:1::101\n");
}

TEST(Unbound, LeavesOneOfTwoEqualAddressesOfAZone) {
  EXPECT_EQ(kUnbound.after("forward-zone:\n name: a\n forward-addr: 10.1.1.100\n forward-addr: "
                           "10.1.1.101\nforward-zone:\n name: b\n forward-addr: 10.1.1.100\n"),
            "forward-zone:\n name: a\n forward-addr: 10.1.1.101\nforward-zone:\n name: b\n "
            "forward-addr: 10.1.1.101\n");
}

TEST(Unbound, FollowsItsIncludes) {
  const auto includes = kUnbound.kind->includes(
      "/etc/unbound/unbound.conf",
      "include: \"/etc/unbound/conf.d/*.conf\"\ninclude-toplevel: more.conf\n#include: /x\n");
  ASSERT_EQ(includes.size(), 2U);
  EXPECT_THAT(includes[0].patterns, ElementsAre("/etc/unbound/conf.d/*.conf"));
  EXPECT_THAT(includes[1].patterns, ElementsAre("/etc/unbound/more.conf"));
}

TEST(Unbound, FollowsTheFileThatItsEnvironmentNames) {
  const auto files =
      kUnbound.kind->includes("/etc/default/unbound", "DAEMON_OPTS=\"-c /etc/site.conf\"\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].patterns.front(), "/etc/site.conf");
}

// As in /etc/hosts, the old name stays resolvable.
TEST(Unbound, RecordsAreNotSearchedForNames) {
  const auto searched = kUnbound.kind->searchable(
      "server:\n local-data: \"sn1-eth1. A 10.1.1.100\"\n interface: 10.1.1.100\n");
  EXPECT_EQ(searched.find("sn1"), std::string::npos);
  EXPECT_NE(searched.find("interface: 10.1.1.100"), std::string::npos);
}

}  // namespace
}  // namespace sn::agent
