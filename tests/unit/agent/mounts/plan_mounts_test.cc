#include "agent/mounts/plan_mounts.h"

#include <gmock/gmock.h>

#include "agent/records/records.h"
#include "tests/unit/agent/mounts/mounts_fixture.h"
#include "tests/unit/says.h"
#include "tests/vectors/shared_paths.h"

namespace sn::agent {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class PlanMounts : public testing::Test {
 protected:
  MountPlan plan(StuckPolicy policy = StuckPolicy::keep) {
    return plan_mounts(facts_, users_, IdentityIndex(directory_), Move{{"SN1P"}, "SN2P", {}},
                       policy);
  }
  static auto finding(FindingClass what, const std::string& place, const std::string& reason) {
    return AllOf(Field(&Finding::what, what), Field(&Finding::place, place),
                 Field(&Finding::reason, Says(HasSubstr(reason))));
  }
  void same_data() { directory_.shared_paths.push_back({"/shared_home", true, ""}); }
  void use(int pid, bool stuck) {
    users_.push_back({pid, "ann", "dd", "slurm 812", "0:41", stuck, stuck ? "writes" : "reads"});
  }

  MountFacts facts_ = facts_of(kMountInfo);
  std::vector<MountUser> users_;
  Directory directory_ = mount_directory();
};

TEST_F(PlanMounts, AReadOnlyMountFollows) {
  const MountPlan made = plan();
  ASSERT_THAT(made.swaps, SizeIs(1));
  const MountSwap& swap = made.swaps.front();
  EXPECT_EQ(swap.source, "sn2-eth1:/install");
  EXPECT_EQ(swap.address, "10.1.1.101");
  EXPECT_EQ(swap.type, "nfs");
  EXPECT_TRUE(swap.read_only);
  EXPECT_EQ(swap.options,
            "vers=3,rsize=65536,wsize=65536,hard,nolock,proto=tcp,timeo=100,retrans=2,sec=sys,"
            "mountvers=3,mountproto=tcp,local_lock=all");
  ASSERT_THAT(swap.places, SizeIs(1));
  EXPECT_EQ(swap.places[0].place, "/install");
  EXPECT_EQ(swap.places[0].attributes, "ro,nosuid,relatime");
}

TEST_F(PlanMounts, AReadWriteMountIsLeftAndNamedInEveryPlace) {
  const MountPlan made = plan();
  EXPECT_THAT(made.findings,
              ElementsAre(finding(FindingClass::left, "mount /shared_home", "read-write"),
                          finding(FindingClass::left, "mount /data", "read-write"),
                          finding(FindingClass::left, "mount /etc/app.conf", "read-write")));
  EXPECT_THAT(text_of(made.findings[0].cure),
              HasSubstr("path = \"/shared_home\", same_data = true"));
}

TEST_F(PlanMounts, SameDataMakesItFollowWithItsBindsAndWhatHangsUponIt) {
  same_data();
  const MountPlan made = plan();
  EXPECT_THAT(made.findings, IsEmpty());
  ASSERT_THAT(made.swaps, SizeIs(2));
  const MountSwap& swap = made.swaps[1];
  EXPECT_EQ(swap.source, "sn2-eth1:/shared_home");
  EXPECT_EQ(swap.type, "nfs4");
  EXPECT_FALSE(swap.read_only);
  ASSERT_THAT(swap.places, SizeIs(3));
  EXPECT_EQ(swap.places[0].subpath, "");
  EXPECT_THAT(swap.places[0].nested, ElementsAre("/shared_home/scratch"));
  EXPECT_EQ(swap.places[1].place, "/data");
  EXPECT_EQ(swap.places[1].subpath, "data");
  EXPECT_EQ(swap.places[2].subpath, "etc/app.conf");
}

TEST_F(PlanMounts, JudgesPathsAsTheLinesOfFstabAreJudged) {
  directory_.shared_paths = shared_path_vectors();
  for (const auto& [exported, follows] : shared_path_cases()) {
    facts_ = facts_of("32 21 0:41 / /x rw - nfs4 sn1-eth1:" + exported +
                      " rw,vers=4.1,addr=10.1.1.100\n");
    const MountPlan made = plan();
    EXPECT_THAT(made.swaps, SizeIs(follows ? 1 : 0)) << exported;
    EXPECT_THAT(made.findings, SizeIs(follows ? 0 : 1)) << exported;
  }
}

TEST_F(PlanMounts, ABindWithoutItsRoofIsMountedByItself) {
  same_data();
  facts_ = facts_of(
      "32 21 0:41 /data /data rw - nfs4 sn1-eth1:/shared_home/data rw,vers=4.1,addr=10.1.1.100\n"
      "33 21 0:41 /app /app rw - nfs4 sn1-eth1:/shared_home/app rw,vers=4.1,addr=10.1.1.100\n");
  const MountPlan made = plan();
  ASSERT_THAT(made.swaps, SizeIs(2));
  EXPECT_EQ(made.swaps[0].source, "sn2-eth1:/shared_home/app");
  EXPECT_EQ(made.swaps[1].source, "sn2-eth1:/shared_home/data");
}

TEST_F(PlanMounts, TheExternalServerAndStrangersAreNeverTouched) {
  same_data();
  for (const auto& swap : plan().swaps) {
    EXPECT_EQ(swap.address_before, "10.1.1.100");
  }
}

TEST_F(PlanMounts, ARootOnTheOldServiceNodeRefusesTheNode) {
  facts_ = facts_of(
      "21 1 0:20 / / rw - nfs sn1-eth1:/root/cn001 rw,vers=3,addr=10.1.1.100\n"
      "30 21 0:40 / /install ro - nfs sn1-eth1:/install ro,vers=3,addr=10.1.1.100\n");
  const MountPlan made = plan();
  EXPECT_THAT(made.swaps, IsEmpty());
  EXPECT_THAT(made.findings,
              ElementsAre(finding(FindingClass::blocked, "mount /",
                                  "/ is mounted from SN1P (10.1.1.100); a reboot is needed")));
}

TEST_F(PlanMounts, WhatIsImmovableIsKnownFromTheTableAlone) {
  const IdentityIndex identity(directory_);
  EXPECT_THAT(find_immovable(facts_, identity, Move{{"SN1P"}, "SN2P", {}}), IsEmpty());
  facts_ = facts_of("21 1 0:20 / / rw - nfs sn1-eth1:/root/cn001 rw,vers=3,addr=10.1.1.100\n");
  EXPECT_THAT(find_immovable(facts_, identity, Move{{"SN1P"}, "SN2P", {}}),
              ElementsAre(finding(FindingClass::blocked, "mount /",
                                  "/ is mounted from SN1P (10.1.1.100); a reboot is needed")));
}

TEST_F(PlanMounts, PagingOnTheOldServiceNodeRefusesTheNode) {
  same_data();
  facts_.backing_files = {{"/shared_home/swap0", "swap /shared_home/swap0"}};
  EXPECT_THAT(plan().findings,
              Contains(finding(FindingClass::blocked, "mount /shared_home",
                               "swap /shared_home/swap0 lies on SN1P (10.1.1.100)")));
}

TEST_F(PlanMounts, AStuckUserKeepsItsMountAndNothingElse) {
  same_data();
  use(812, true);
  const MountPlan made = plan();
  ASSERT_THAT(made.swaps, SizeIs(1));
  EXPECT_EQ(made.swaps[0].source_before, "sn1-eth1:/install");
  EXPECT_THAT(made.findings, Contains(finding(FindingClass::left, "mount /shared_home",
                                              "kept for 812 dd (ann, slurm 812, writes)")));
}

TEST_F(PlanMounts, AnIdleReaderKeepsNothing) {
  same_data();
  use(812, false);
  EXPECT_THAT(plan().swaps, SizeIs(2));
}

TEST_F(PlanMounts, OrphansAreNamedWithWhatItCosts) {
  same_data();
  use(812, true);
  const MountPlan made = plan(StuckPolicy::orphan);
  ASSERT_THAT(made.swaps, SizeIs(2));
  EXPECT_FALSE(made.swaps[1].force);
  EXPECT_THAT(made.findings, Contains(finding(FindingClass::note, "mount /shared_home",
                                              "only a reboot ends them, sync and shutdown")));
}

TEST_F(PlanMounts, KillingIsForTheStuckOnly) {
  same_data();
  use(812, true);
  use(813, false);
  const MountPlan made = plan(StuckPolicy::kill);
  ASSERT_THAT(made.swaps, SizeIs(2));
  EXPECT_THAT(made.swaps[1].kill, ElementsAre(812));
  EXPECT_TRUE(made.swaps[1].force);
  EXPECT_FALSE(made.swaps[0].force);
}

TEST_F(PlanMounts, NoAddressOnTheNetworkRefusesTheNode) {
  directory_.service_nodes[1].addresses = {*NetworkAddress::parse("10.1.2.101/24")};
  EXPECT_THAT(plan().findings,
              Contains(finding(FindingClass::blocked, "mount /install", "no address on network")));
}

TEST_F(PlanMounts, ANameOfTheNodesOwnBecomesTheAddress) {
  facts_ = facts_of("30 21 0:40 / /i ro - nfs bootserver:/i ro,vers=3,addr=10.1.1.100\n");
  EXPECT_EQ(plan().swaps.at(0).source, "10.1.1.101:/i");
}

TEST_F(PlanMounts, ASwapSurvivesTheJournal) {
  same_data();
  for (MountSwap swap : plan().swaps) {
    for (auto& place : swap.places) place.nested.clear();  // lost with the mount they hung upon
    const auto bytes = wire::pack_whole(JournalEntry(SwapBegun{swap}), wire::kRecordLimits);
    ASSERT_TRUE(bytes);
    const auto back = wire::unpack<JournalEntry>(*bytes, wire::kRecordLimits);
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<SwapBegun>(*back).swap, swap);
  }
}

TEST(MountReferences, NameWhoIsNamedAndNobodyElse) {
  const auto references =
      mount_references(classify_mounts(facts_of(kMountInfo), IdentityIndex(mount_directory())));
  EXPECT_THAT(
      references,
      Contains(AllOf(Field(&Reference::place, "mount /install"), Field(&Reference::owner, "SN1P"),
                     Field(&Reference::value, "sn1-eth1:/install (10.1.1.100)"))));
  EXPECT_THAT(references, Not(Contains(Field(&Reference::place, "mount /opt x"))));
}

}  // namespace
}  // namespace sn::agent
