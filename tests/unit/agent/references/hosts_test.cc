#include "agent/references/hosts.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Planning kHosts("hosts");

TEST(Hosts, AddsTheNewServiceNodeAfterTheOldOne) {
  EXPECT_EQ(kHosts.after("10.1.1.100 sn1-eth1.d.example  sn1-eth1\n10.1.9.9 nfsha\n"),
            "10.1.1.100 sn1-eth1.d.example  sn1-eth1\n"
            "10.1.1.101 sn2-eth1.d.example  sn2-eth1  sn2-hf0\n10.1.9.9 nfsha\n");
}

TEST(Hosts, GivesEveryNetworkItsOwnLine) {
  EXPECT_EQ(kHosts.after("10.1.2.100 sn1-hf0\n10.1.1.100 sn1-eth1\n"),
            "10.1.2.100 sn1-hf0\n10.1.2.101 sn2-hf0\n10.1.1.100 sn1-eth1\n"
            "10.1.1.101 sn2-eth1 sn2-eth1.d.example\n");
}

TEST(Hosts, CompletesALineThatIsThere) {
  EXPECT_EQ(kHosts.after("10.1.1.101 sn2-eth1\t# backup\n10.1.1.100 sn1-eth1\n"),
            "10.1.1.101 sn2-eth1 sn2-eth1.d.example sn2-hf0\t# backup\n10.1.1.100 sn1-eth1\n");
}

TEST(Hosts, EndsTheLastLineBeforeItAppends) {
  EXPECT_EQ(kHosts.after("10.1.1.100 sn1-eth1"),
            "10.1.1.100 sn1-eth1\n10.1.1.101 sn2-eth1 sn2-eth1.d.example sn2-hf0\n");
  EXPECT_EQ(kHosts.after("127.0.0.1 localhost\r\n# end"),
            "127.0.0.1 localhost\r\n# end\r\n"
            "10.1.1.101\tsn2-eth1 sn2-eth1.d.example sn2-hf0\r\n");
  EXPECT_EQ(kHosts.after(""), "10.1.1.101\tsn2-eth1 sn2-eth1.d.example sn2-hf0\n");
}

TEST(Hosts, ChangesNothingWhereEveryNameIsMapped) {
  const std::string text =
      "10.1.1.101 sn2-eth1.\n10.1.1.101 SN2-eth1.d.example\n10.1.2.101 sn2-hf0\n";
  EXPECT_EQ(kHosts.after(text), text);
}

TEST(Hosts, RefusesANameOfTheNewServiceNodeAtAnotherAddress) {
  const Error error = kHosts.error("127.0.0.1 localhost\n10.1.1.7 cn7 sn2-eth1\n");
  EXPECT_EQ(error.what, ErrorClass::conflict);
  EXPECT_EQ(error.to, "/etc/hosts:2");
  EXPECT_THAT(error.message(), HasSubstr("sn2-eth1 is mapped to 10.1.1.7"));
}

TEST(Hosts, TakesTheNamesOfACommentForNone) {
  EXPECT_EQ(kHosts.after("10.1.1.101 sn2-hf0 sn2-eth1 sn2-eth1.d.example\n10.7.7.7 x # sn2-eth1\n"),
            "10.1.1.101 sn2-hf0 sn2-eth1 sn2-eth1.d.example\n10.7.7.7 x # sn2-eth1\n");
}

TEST(Hosts, NamesTheNetworkWithoutAnAddress) {
  Planning planning("hosts");
  planning.move.own_addresses = {*NetworkAddress::parse("10.66.0.1/16")};
  EXPECT_THAT(planning.error("127.0.0.1 localhost\n").message(), HasSubstr("10.66.0.0/16"));
}

TEST(Hosts, KeepsWhatNamesAnySever) {
  EXPECT_THAT(kHosts.references("127.0.0.1 localhost\n10.1.1.100 sn1-eth1 sn1-eth1.d.example\n"
                                "10.1.9.9 nfsha\n10.7.7.7 sn3-eth1 # wrong\n"),
              ElementsAre("/etc/hosts:2 address 10.1.1.100 SN1P keep",
                          "/etc/hosts:3 address 10.1.9.9 nfsha keep",
                          "/etc/hosts:4 name sn3-eth1 SN3P keep"));
}

TEST(Hosts, YieldsEveryNameWithItsAddress) {
  std::vector<std::string> pairs;
  for (const auto& [name, address] : host_aliases(
           "# x\n10.1.1.100\tsn1-eth1 loghost#x\nfd00:1::100 sn1-v6\nbad line\n1.2.3.4\n")) {
    pairs.push_back(std::string(name) + "=" + address.to_string());
  }
  EXPECT_THAT(pairs,
              ElementsAre("sn1-eth1=10.1.1.100", "loghost=10.1.1.100", "sn1-v6=fd00:1::100"));
}

TEST(Hosts, TakesAFileOfSixThousandNodes) {
  std::string text = "10.1.1.100 sn1-eth1 sn1-eth1.d.example sn1-hf0\n";
  for (int i = 0; i < 18'000; ++i) {
    text += "10.4.0.1 cn" + std::to_string(i) + "-eth1 cn" + std::to_string(i) +
            "-eth1.d.example # a node with three interfaces, one of them this\n";
  }
  ASSERT_GT(text.size(), 1'400'000U);
  const auto plan = Planning("hosts").plan(text);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_FALSE(plan->edits.empty());
}

}  // namespace
}  // namespace sn::agent
