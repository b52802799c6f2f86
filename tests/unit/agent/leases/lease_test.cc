#include "agent/leases/lease.h"

#include <gmock/gmock.h>

#include "agent/leases/holder.h"
#include "agent/plan/plan.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const IdentityIndex& identity() {
  static const IdentityIndex index(vector_directory());
  return index;
}

std::vector<LeaseChange> planned(const std::vector<Lease>& leases) {
  const auto changes = plan_leases(leases, identity(), vector_move());
  return changes ? *changes : std::vector<LeaseChange>{};
}

TEST(LeaseHolders, ResolvedSaysItsInterfaces) {
  const auto leases =
      lease_holder("resolved")
          ->read(
              "Global: 10.1.1.100\nLink 2 (lo):\nLink 3 (eth1): 10.1.1.100 fd00:1::100\n"
              "Link 14 (ib-0): 10.9.9.9#name\n");
  EXPECT_THAT(leases, ElementsAre(Lease{"resolved", "", {"10.1.1.100"}},
                                  Lease{"resolved", "eth1", {"10.1.1.100", "fd00:1::100"}},
                                  Lease{"resolved", "ib-0", {"10.9.9.9#name"}}));
  EXPECT_THAT(lease_holder("resolved")->read("Failed to get global data\n"), IsEmpty());
  EXPECT_THAT(lease_holder("resolved")->read("Global: 10.1.1.100\nLink 2 (eth1):\n"), IsEmpty())
      << "started again it would have nobody";
  EXPECT_THAT(lease_holder("resolved")->commands({"resolved", "eth1", {"a"}, {"b", "c"}}),
              ElementsAre(Argv{"resolvectl", "dns", "eth1", "b", "c"}));
  EXPECT_THAT(lease_holder("resolved")->commands({"resolved", "", {"a"}, {"b"}}),
              ElementsAre(Argv{"systemctl", "restart", "systemd-resolved.service"}));
}

TEST(LeaseHolders, NetworkManagerSaysItsDevices) {
  const LeaseHolder& holder = *lease_holder("networkmanager");
  EXPECT_THAT(holder.read("GENERAL.DEVICE:eth1\nIP4.DNS[1]:10.1.1.100\nIP4.DNS[2]:10.9.9.9\n\n"
                          "GENERAL.DEVICE:lo\n"),
              ElementsAre(Lease{"networkmanager", "eth1", {"10.1.1.100", "10.9.9.9"}}));
  EXPECT_THAT(holder.read("IP4.DNS[1]:10.1.1.100\n"), IsEmpty());
  EXPECT_EQ(holder.commands({"networkmanager", "eth1", {"a"}, {"b", "c"}}).back().back(), "b c");
  EXPECT_EQ(holder.commands({"networkmanager", "eth1", {"a"}, {"b"}}).size(), 1U)
      << "what its profile says besides is for another day";
  const LeaseChange with_profile{"networkmanager", "eth1", {"a"}, {"b"}, false, true};
  EXPECT_EQ(holder.commands(with_profile)[1], (Argv{"nmcli", "device", "reapply", "eth1"}));
  EXPECT_EQ(holder.commands({"networkmanager", "eth1", {"a"}, {"b"}, true}).back(),
            (Argv{"nmcli", "device", "reapply", "eth1"}));
}

TEST(LeaseHolders, ChronydSaysItsSources) {
  const LeaseHolder& holder = *lease_holder("chronyd");
  EXPECT_THAT(holder.read("#,*,PPS0,0,4,377,1,0,0,0\n^,*,10.1.1.100,8,6,377,20,0.1,0.1,0.1\n"
                          "^,?,fd00:1::100,0,6,0,1,0,0,0\n"),
              ElementsAre(Lease{"chronyd", "", {"10.1.1.100", "fd00:1::100"}}));
  EXPECT_THAT(holder.read("506 Cannot talk to daemon\n"), IsEmpty());
  // The rest of a change that was interrupted: only what is missing.
  EXPECT_THAT(holder.commands({"chronyd", "", {"a", "b"}, {"b", "c"}}),
              ElementsAre(Argv{"chronyc", "-n", "add", "server", "c", "iburst"},
                          Argv{"chronyc", "-n", "delete", "a"}));
}

TEST(Leases, OfWhoIsLeftBecomeTheNewServiceNodes) {
  EXPECT_THAT(planned({{"resolved", "eth1", {"10.9.9.9", "10.1.1.100", "10.1.2.100"}}}),
              ElementsAre(LeaseChange{"resolved",
                                      "eth1",
                                      {"10.9.9.9", "10.1.1.100", "10.1.2.100"},
                                      {"10.9.9.9", "10.1.1.101"}}))
      << "two of one service node become one";
  EXPECT_THAT(planned({{"resolved", "eth1", {"10.1.1.101", "10.9.9.9", "10.9.9.9"}}}), IsEmpty())
      << "nobody is left there";
}

TEST(Leases, AreReferences) {
  const auto references =
      lease_references({{"resolved", "eth1", {"10.9.9.9", "10.1.1.100"}}}, identity());
  ASSERT_EQ(references.size(), 1U);
  EXPECT_EQ(references[0],
            (Reference{"resolved", "resolved eth1", "server", "10.1.1.100", "SN1P"}));
}

class LeaseUndoing : public testing::Test {
 protected:
  static std::vector<LeaseChange> back(const std::vector<std::string>& present) {
    UndoRecord record;
    record.leases = {{"resolved", "eth1", {"a", "x"}, {"b", "x"}},
                     {"resolved", "eth1", {"b", "x"}, {"c", "x"}},
                     {"resolved", "eth2", {"a"}, {"b"}}};
    return undo_leases(record, {{"resolved", "eth1", present}}).changes;
  }
};

TEST_F(LeaseUndoing, GoesBackThroughAllThatWasDone) {
  const LeaseChange both{"resolved", "eth1", {"c", "x"}, {"a", "x"}, true};
  EXPECT_THAT(back({"c", "x"}), ElementsAre(both));
  EXPECT_THAT(back({"b", "x"}),
              ElementsAre(LeaseChange{"resolved", "eth1", {"b", "x"}, {"a", "x"}, true}))
      << "the later one was never carried out";
}

TEST_F(LeaseUndoing, LeavesWhatIsThereAlreadyAndWhatWasChangedSince) {
  EXPECT_THAT(back({"a", "x"}), IsEmpty());
  EXPECT_THAT(back({"c", "y"}), IsEmpty());
}

TEST(LeasePlan, SaysWhatComesBack) {
  Observation node;
  node.own_addresses = vector_move().own_addresses;
  node.leases = {{"resolved", "eth1", {"10.1.1.100"}}};
  const Plan plan = make_plan(node, vector_directory(), vector_move(), {});
  EXPECT_EQ(plan.summary.outlook, Outlook::whole);
  ASSERT_EQ(plan.leases.size(), 1U);
  EXPECT_THAT(plan.summary.needs, ElementsAre(kNameService));
  ASSERT_EQ(plan.summary.changes.size(), 1U);
  EXPECT_EQ(plan.summary.changes[0].path, "resolved eth1");
  ASSERT_EQ(plan.summary.findings.size(), 1U);
  EXPECT_EQ(plan.summary.findings[0].what, FindingClass::returns);

  UndoRecord record;
  add_to_record(plan, record);
  const Undo undo{17, record, {}};
  node.leases[0].servers = {"10.1.1.101"};
  const Plan back = make_plan(node, vector_directory(), {{"SN2P"}, "SN1P", node.own_addresses},
                              {false, StuckPolicy::keep, &undo});
  ASSERT_EQ(back.leases.size(), 1U);
  EXPECT_TRUE(back.leases[0].undoes);
  EXPECT_THAT(back.leases[0].after, ElementsAre("10.1.1.100"));
  EXPECT_EQ(back.summary.restored, 1U);
}

}  // namespace
}  // namespace sn::agent
