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
       {"#server sn1-eth1\n", "server # sn1-eth1\n", "restrict 10.1.1.100 ignore\n", "server\n",
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

TEST(Ntp, NotesALineThatIsDroppedWithOptionsOfItsOwn) {
  const auto plan = kNtp.plan("server sn1-eth1 key 5\nserver sn2-eth1 iburst\n");
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::note);
  EXPECT_EQ(plan->findings[0].place, "/etc/ntp.conf:1");
  EXPECT_THAT(text_of(plan->findings[0].reason), testing::HasSubstr("/etc/ntp.conf:2"));
  EXPECT_TRUE(kNtp.plan("server sn1-eth1 iburst\nserver sn2-eth1 iburst\n")->findings.empty());
}

TEST(Ntp, LetsTheNewServerInWhereTheOldOneWas) {
  EXPECT_EQ(
      kNtp.after("restrict default ignore\nrestrict 10.1.1.100 mask 255.255.255.255 nomodify\n"
                 "server 10.1.1.100\n"),
      "restrict default ignore\nrestrict 10.1.1.101 mask 255.255.255.255 nomodify\n"
      "server 10.1.1.101\n");
  EXPECT_EQ(kNtp.after("restrict -6 default ignore\nrestrict -6 fd00:1::100 nopeer # x\n"
                       "server fd00:1::100\n"),
            "restrict -6 default ignore\nrestrict -6 fd00:1::101 nopeer # x\n"
            "server fd00:1::101\n");
  EXPECT_EQ(kNtp.after("restrict default ignore\nrestrict sn1-eth1.d.example nomodify\n"
                       "server sn1-eth1\n"),
            "restrict default ignore\nrestrict sn2-eth1.d.example nomodify\nserver sn2-eth1\n");
  // The new one has a line already.
  EXPECT_EQ(kNtp.after("restrict default ignore\nrestrict 10.1.1.100 nomodify\n"
                       "restrict 10.1.1.101 nomodify\nserver 10.1.1.100\n"),
            "restrict default ignore\nrestrict 10.1.1.101 nomodify\nserver 10.1.1.101\n");
}

TEST(Ntp, AddsALineWhereTheNewServerIsOutOfTheNetworkThatIsLetIn) {
  EXPECT_EQ(kNtp.after("restrict default ignore\n"
                       "restrict 10.1.1.100 mask 255.255.255.255 nomodify notrap\n"
                       "restrict 10.1.1.96 mask 255.255.255.251 nomodify\nserver 10.1.1.100\n")
                .find("restrict 10.1.1.101"),
            24U);
  const char* narrow =
      "restrict default ignore\n"
      "restrict 10.1.1.100 mask 255.255.255.254 nomodify\nserver 10.1.1.100\n";
  EXPECT_THAT(kNtp.after(narrow),
              testing::HasSubstr("255.255.255.254 nomodify\nserver 10.1.1.101"));
  Planning far("ntp");
  far.directory.service_nodes[1].addresses[0] = *NetworkAddress::parse("10.1.1.201/24");
  EXPECT_EQ(far.after("restrict default ignore\n"
                      "restrict 10.1.1.96 mask 255.255.255.240 nomodify\nserver 10.1.1.100\n"),
            "restrict default ignore\nrestrict 10.1.1.96 mask 255.255.255.240 nomodify\n"
            "restrict 10.1.1.201 nomodify\nserver 10.1.1.201\n");
  // A network that both lie in, `source`, or no rule at all: nothing to do.
  for (const char* text : {"restrict 10.1.1.0 mask 255.255.255.0 nomodify\n",
                           "restrict source nomodify\n", "restrict default nomodify\n", ""}) {
    EXPECT_EQ(kNtp.after("restrict default ignore\n" + std::string(text) + "server 10.1.1.100\n"),
              "restrict default ignore\n" + std::string(text) + "server 10.1.1.101\n")
        << text;
  }
}

TEST(Ntp, NamesALineThatShutsTheNewServerOut) {
  const auto plan = kNtp.plan("restrict 10.1.1.101 ignore\nserver 10.1.1.100\n");
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::left);
  EXPECT_EQ(plan->findings[0].place, "/etc/ntp.conf:1");
}

TEST(Ntp, FollowsItsIncludes) {
  const auto includes = kNtp.kind->includes(
      "/etc/ntp.conf", "#includefile /a\nincludefile \"/etc/ntp/crypto/pw\"\nincludefile b\n");
  ASSERT_EQ(includes.size(), 1U);
  EXPECT_THAT(includes[0].patterns, ElementsAre("/etc/ntp/crypto/pw"));
  EXPECT_EQ(includes[0].line, 2U);
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

TEST(Ntp, ASourceThatIsNotUsedTakesNobodysPlace) {
  EXPECT_EQ(kNtp.after("server sn1-eth1 iburst\nserver sn2-eth1 noselect\n"),
            "server sn2-eth1 iburst\n");
}

TEST(Ntp, MovesTheHostsThatAreAskedBeforeItStarts) {
  const Planning tickers("ntp", "/etc/ntp/step-tickers");
  EXPECT_EQ(tickers.after("# hosts\nsn1-eth1\n10.1.1.10\n"), "# hosts\nsn2-eth1\n10.1.1.10\n");
  const Planning ntpdate("ntp", "/etc/default/ntpdate");
  EXPECT_EQ(ntpdate.after("NTPSERVERS=\"sn1-eth1 10.1.1.10\"\n"),
            "NTPSERVERS=\"sn2-eth1 10.1.1.10\"\n");
}

}  // namespace
}  // namespace sn::agent
