#include "agent/references/ntp.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kNtp("ntp");

TEST(Ntp, ReplacesServersPeersAndPoolsWithTheirOptionsKept) {
  EXPECT_EQ(
      kNtp.after("server sn1-eth1 iburst\npeer  -6 fd00:1::100 key 1\nPool\tsn1-eth1.d.example\n"),
      "server sn2-eth1 iburst\npeer  -6 fd00:1::101 key 1\nPool\tsn2-eth1.d.example\n");
}

TEST(Ntp, LeavesCommentsAndOtherLines) {
  for (const char* text :
       {"#server sn1-eth1\n", "server # sn1-eth1\n", "restrict 10.1.1.100\n", "server\n",
        "server -4\n", "server x sn1-eth1\n", "servers sn1-eth1\n", "server sn1-eth1#\n-x\n"}) {
    const std::string after = kNtp.after(text);
    if (std::string_view(text).starts_with("server sn1-eth1#")) {
      EXPECT_EQ(after, "server sn2-eth1#\n-x\n");
    } else {
      EXPECT_EQ(after, text);
    }
  }
}

TEST(Ntp, LeavesTheLineTheNewServiceNodeHasAlready) {
  EXPECT_EQ(kNtp.after("server sn1-eth1\nserver sn2-eth1.d.example prefer\n"),
            "server sn2-eth1.d.example prefer\n");
  EXPECT_EQ(kNtp.after("server 10.1.2.100\nserver 10.1.1.101\n"),
            "server 10.1.2.101\nserver 10.1.1.101\n");
}

TEST(Ntp, LeavesOneOfTwoOldLines) {
  EXPECT_EQ(kNtp.after("server sn1-eth1\nserver sn1-eth1.d.example\n"), "server sn2-eth1\n");
}

TEST(Ntp, ListsEveryServerItKnows) {
  EXPECT_THAT(kNtp.references("server sn1-eth1\npeer 10.1.1.102\nserver nfsha\nserver x\n"),
              ElementsAre("/etc/ntp.conf:1 server sn1-eth1 SN1P move",
                          "/etc/ntp.conf:2 peer 10.1.1.102 SN3P move",
                          "/etc/ntp.conf:3 server nfsha nfsha keep"));
}

TEST(Ntp, IsSecondaryAndRestartsItsService) {
  EXPECT_EQ(kNtp.kind->tier(), Tier::secondary);
  EXPECT_EQ(kNtp.kind->service(), "ntp");
}

}  // namespace
}  // namespace sn::agent
