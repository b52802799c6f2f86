#include "agent/references/chrony.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Planning kChrony("chrony", "/etc/chrony/chrony.conf");

TEST(Chrony, IgnoresTheCaseOfKeywords) {
  EXPECT_EQ(kChrony.after("Server sn1-eth1 iburst\nPEER 10.1.1.100\nMakeStep 1 3\n"),
            "Server sn2-eth1 iburst\nPEER 10.1.1.101\nMakeStep 1 3\n");
}

TEST(Chrony, KnowsItsFourCommentSigns) {
  for (const char* text : {"# server sn1-eth1\n", "%server sn1-eth1\n", " ! server sn1-eth1\n",
                           "\t;server sn1-eth1\n", "allow 10.1.1.100\n"}) {
    EXPECT_EQ(kChrony.after(text), text);
  }
}

TEST(Chrony, NamesAnUnknownDirective) {
  const Error error = kChrony.error("driftfile /x\nsrever sn1-eth1\n");
  EXPECT_EQ(error.what, ErrorClass::corrupt);
  EXPECT_EQ(error.to, "/etc/chrony/chrony.conf:2");
  EXPECT_THAT(error.message(), HasSubstr("not understood: unknown directive 'srever'"));
}

TEST(Chrony, RefusesALineThatChronydWouldRefuse) {
  EXPECT_THAT(kChrony.error("server\n").message(), HasSubstr("'server' without a host"));
  const std::string longest = "server sn1-eth1" + std::string(2046 - 15, ' ');
  EXPECT_TRUE(kChrony.plan(longest + "\n"));
  EXPECT_EQ(kChrony.error("\n" + longest + " \n").to, "/etc/chrony/chrony.conf:2");
  EXPECT_EQ(kChrony.error(std::string("server a\n\0", 10)).to, "/etc/chrony/chrony.conf:2");
}

TEST(Chrony, LeavesTheLineTheNewServiceNodeHasAlready) {
  EXPECT_EQ(kChrony.after("server sn1-eth1 iburst\nserver sn2-eth1 prefer\nserver x\n"),
            "server sn2-eth1 prefer\nserver x\n");
  EXPECT_EQ(kChrony.after("server sn2-eth1 prefer\npool sn1-eth1"),
            "server sn2-eth1 prefer\npool sn2-eth1");
}

TEST(Chrony, MovesTheHostsItAsksAtItsStart) {
  EXPECT_EQ(kChrony.after("initstepslew 30 sn1-eth1 x sn2-eth1\n"), "initstepslew 30 sn2-eth1 x\n");
  EXPECT_THAT(kChrony.plan("initstepslew 30 sn1-eth1\n")->live_commands, IsEmpty());
}

TEST(Chrony, TakesEffectThroughChronyc) {
  const auto plan = kChrony.plan(
      "server 10.1.1.100 iburst  minpoll 4\npeer sn1-hf0 key 3\nserver 10.1.1.102\n"
      "server fd00:1::100\nserver fd00:1::101\n");
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->live_commands,
              ElementsAre(Argv{"chronyc", "delete", "10.1.1.100"},
                          Argv{"chronyc", "add", "server", "10.1.1.101", "iburst", "minpoll", "4"},
                          Argv{"chronyc", "delete", "sn1-hf0"},
                          Argv{"chronyc", "add", "peer", "sn2-hf0", "key", "3"},
                          Argv{"chronyc", "delete", "fd00:1::100"}));
}

TEST(Chrony, NeverDeletesASourceThatStays) {
  const auto plan = kChrony.plan("server 10.1.1.101\nserver 10.1.1.101\nserver 10.1.1.100\n");
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->live_commands, ElementsAre(Argv{"chronyc", "delete", "10.1.1.100"}));
}

TEST(Chrony, RestartsForAPool) {
  EXPECT_THAT(kChrony.plan("server sn1-eth1\npool sn1-eth1\n")->live_commands, IsEmpty());
}

TEST(Chrony, ReloadsSourcesFiles) {
  const Planning sources("chrony", "/etc/chrony/sources.d/site.sources");
  EXPECT_THAT(sources.plan("pool sn1-eth1\n")->live_commands,
              ElementsAre(Argv{"chronyc", "reload", "sources"}));
  EXPECT_THAT(sources.plan("pool sn3-eth1\n")->live_commands, IsEmpty());
}

TEST(Chrony, ListsEveryServerItKnows) {
  EXPECT_THAT(kChrony.references("server sn1-eth1\npool 10.1.1.102\npeer nfsha\n"),
              ElementsAre("/etc/chrony/chrony.conf:1 server sn1-eth1 SN1P move",
                          "/etc/chrony/chrony.conf:2 pool 10.1.1.102 SN3P move",
                          "/etc/chrony/chrony.conf:3 peer nfsha nfsha keep"));
}

TEST(Chrony, FollowsIncludesAndDirectories) {
  const Planning chrony("chrony");
  const auto includes = chrony.kind->includes(
      "/etc/chrony.conf",
      "! include /a\nInclude /etc/chrony.d/*.conf\nconfdir /etc/c /run/c\nsourcedir "
      "/run/chrony-dhcp\ninclude relative\n");
  ASSERT_EQ(includes.size(), 3U);
  EXPECT_EQ(includes[0].patterns, (std::vector<std::string>{"/etc/chrony.d/*.conf"}));
  EXPECT_EQ(includes[1].patterns, (std::vector<std::string>{"/etc/c/*.conf", "/run/c/*.conf"}));
  EXPECT_EQ(includes[2].patterns, (std::vector<std::string>{"/run/chrony-dhcp/*.sources"}));
}

TEST(Chrony, ReadsWhatItsEnvironmentHandsToIt) {
  const Planning environment("chrony", "/etc/sysconfig/chronyd");
  EXPECT_EQ(environment.after("OPTIONS=\"-F 2 'server 10.1.1.100 iburst'\"\n"),
            "OPTIONS=\"-F 2 'server 10.1.1.101 iburst'\"\n");
}

TEST(Chrony, ASourceThatIsNotUsedTakesNobodysPlace) {
  EXPECT_EQ(kChrony.after("server sn1-eth1 iburst\nserver sn2-eth1 iburst noselect\n"),
            "server sn2-eth1 iburst\n");
  EXPECT_EQ(kChrony.after("server sn2-eth1 offline\nserver sn1-eth1 iburst\n"),
            "server sn2-eth1 iburst\n");
  EXPECT_EQ(kChrony.after("server sn1-eth1 noselect\nserver sn2-eth1 iburst\n"),
            "server sn2-eth1 iburst\n");
}

TEST(Chrony, FollowsTheFileThatItsUnitNames) {
  const std::string unit = "/etc/systemd/system/chronyd.service.d/override.conf";
  const auto files = kChrony.kind->includes(
      unit, "[Service]\nExecStart=\nExecStart=/usr/sbin/chronyd -n -f /etc/site/chrony.conf\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_THAT(files[0].patterns, testing::ElementsAre("/etc/site/chrony.conf"));
  const auto roots = kChrony.kind->roots();
  EXPECT_TRUE(std::any_of(roots.begin(), roots.end(), [](const Include& root) {
    return root.patterns.front() == "/etc/systemd/system/chronyd.service.d/*.conf";
  }));
  // systemd would have to be told.
  const Planning drop_in("chrony", unit);
  const char* names = "[Service]\nEnvironment=OPTIONS='server 10.1.1.100'\n";
  EXPECT_EQ(drop_in.after(names), names);
  const auto plan = drop_in.plan(names);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::left);
  EXPECT_EQ(plan->findings[0].place, unit + ":2");
}

TEST(Chrony, AnOptionOfItsUnitMayStandOnTheNextLine) {
  const auto files = kChrony.kind->includes(
      "/etc/systemd/system/chronyd.service.d/o.conf",
      "[Service]\nExecStart=/usr/sbin/chronyd \\\n  -f /etc/site/chrony.conf\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_THAT(files[0].patterns, testing::ElementsAre("/etc/site/chrony.conf"));
}

}  // namespace
}  // namespace sn::agent
