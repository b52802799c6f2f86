#include "agent/plan/undo.h"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>

#include "agent/plan/plan.h"
#include "agent/records/records.h"
#include "tests/unit/says.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

// Of a failback of T17.
Fact planned_anew(FactCode why) {
  return Fact(FactCode::planned_from_what_it_is, {}, Fact(why, {.by = "T17"}));
}

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Result<UndoRecord> read_record(std::string_view text) {
  return wire::from_file<UndoRecord>(text, kUndoKind, "undo.17");
}

Route via(const char* gateway, uint32_t metric = 100) {
  Route route;
  route.table = RT_TABLE_MAIN;
  route.metric = metric;
  route.protocol = RTPROT_STATIC;
  route.hops.push_back({IpAddress::parse(gateway), 2, 0, 0});
  route.interface_name = "eth1";
  route.others.push_back({RTA_METRICS, std::string("mt\0u", 4)});
  return route;
}

Mount nfs(int id, const std::string& place, const std::string& source, const std::string& address) {
  Mount mount;
  mount.id = id;
  mount.superblock = "0:" + std::to_string(id);
  mount.root = "/";
  mount.place = place;
  mount.type = "nfs";
  mount.source = source;
  mount.attributes = "ro,relatime";
  mount.options = "ro,vers=3,timeo=600,addr=" + address;
  return mount;
}

// A node that is rebound there and back in memory.
class UndoOfARebind : public testing::Test {
 protected:
  UndoOfARebind() { node_.own_addresses = {*NetworkAddress::parse("10.1.1.11/24")}; }

  ObservedFile& add(const std::string& kind, const std::string& path, const std::string& text) {
    ObservedFile file;
    file.path = file.real_path = path;
    file.kind = kind_named(kind);
    file.text = text;
    node_.files.push_back(file);
    return node_.files.back();
  }

  Plan plan(const std::string& from, const std::string& to, const Undo* undo = nullptr) {
    return make_plan(node_, vector_directory(), Move{{from}, to, {}},
                     {false, StuckPolicy::keep, undo});
  }

  void carry_out(const Plan& plan) {
    for (const auto* files : {&plan.hosts, &plan.files}) {
      for (const auto& change : *files) {
        for (auto& file : node_.files) {
          if (file.path == change.path) file.text = change.text_after;
        }
      }
    }
    for (const auto& change : plan.routes) {
      if (change.action != RouteAction::add) {
        ASSERT_EQ(std::erase(node_.routes, change.before), 1U) << change.before.describe();
      }
      if (change.action != RouteAction::remove) node_.routes.push_back(change.after);
    }
    for (const auto& swap : plan.mounts) {
      for (auto& mount : node_.mounts.table) {
        if (mount.superblock != swap.superblock) continue;
        mount.source = swap.source;
        mount.options = (swap.read_only ? "ro," : "rw,") + swap.options + ",addr=" + swap.address;
      }
    }
  }

  // Rebinds it, recorded as T17, by way of what would be written to a file.
  Undo there() {
    const Plan forth = plan("SN1P", "SN2P");
    EXPECT_FALSE(forth.blocked());
    UndoRecord record;
    record.boot_id = "boot";
    record.generation = 17;
    record.takeover = "T17";
    add_to_record(forth, record);
    const auto read = read_record(*wire::to_file(kUndoKind, record));
    EXPECT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, record);
    carry_out(forth);
    return {17, *read, ""};
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& file : node_.files) texts.push_back(file.text);
    return texts;
  }

  Observation node_;
};

TEST_F(UndoOfARebind, PutsEveryFileBackByteForByte) {
  add("hosts", "/etc/hosts", "127.0.0.1 localhost\n10.1.1.100 sn1-eth1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("syslog", "/etc/rsyslog.conf", "*.* @@sn1-eth1:514 # and 10.1.1.100\n");
  const auto before = texts();
  const Undo undo = there();
  ASSERT_THAT(node_.files[0].text, HasSubstr("10.1.1.101")) << "it gains the new one";
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(back.summary.outlook, Outlook::whole);
  EXPECT_EQ(back.summary.restored, 3U);
  EXPECT_THAT(back.summary.findings, Each(Field(&Finding::what, testing::Ne(FindingClass::note))));
  EXPECT_THAT(back.hosts, IsEmpty()) << "a name that goes is needed until the end";
  EXPECT_EQ(back.files.back().kind, "syslog");
  carry_out(back);
  EXPECT_EQ(texts(), before);
  // Once more there is nothing to do, and nothing is added to the hosts again.
  const Plan again = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(again.summary.outlook, Outlook::nothing);
  EXPECT_TRUE(again.empty());
}

TEST_F(UndoOfARebind, WhatIsDoneIsToldAsItWas) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("syslog", "/etc/rsyslog.conf", "*.* @10.1.1.100\n");
  node_.routes = {via("10.1.1.100")};
  const Plan forth = plan("SN1P", "SN2P");
  UndoRecord record;
  add_to_record(forth, record);
  EXPECT_THAT(still_done(record, node_), IsEmpty()) << "recorded before anything is changed";
  carry_out(forth);
  EXPECT_THAT(still_done(record, node_),
              testing::ElementsAre(
                  PlannedChange{"resolver", "/etc/resolv.conf", 1, "10.1.1.100", "10.1.1.101"},
                  PlannedChange{"syslog", "/etc/rsyslog.conf", 1, "10.1.1.100", "10.1.1.101"},
                  forth.routes.front().describe()));
  node_.files[1].text += "# somebody's\n";
  EXPECT_THAT(still_done(record, node_), SizeIs(2)) << "not as it was left";
}

TEST_F(UndoOfARebind, CanItselfBeTakenBack) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\nnameserver 10.1.1.101\n");
  node_.routes = {via("10.1.1.100"), via("10.1.1.101")};
  const Undo undo = there();
  const auto taken_over = texts();
  const auto routes = node_.routes;
  const Plan back = plan("SN2P", "SN1P", &undo);
  Undo undo_of_it{18, UndoRecord{"boot", 18, 0, "T18", {}, {}, {}}, ""};
  add_to_record(back, *undo_of_it.record);
  carry_out(back);
  const Plan forth = plan("SN1P", "SN2P", &undo_of_it);
  EXPECT_THAT(forth.hosts, SizeIs(1)) << "a name that comes is needed first";
  carry_out(forth);
  EXPECT_EQ(texts(), taken_over);
  EXPECT_EQ(node_.routes, routes);
}

TEST_F(UndoOfARebind, WhatNamedTheOtherOneBeforeNamesItAgainAndIsNotLeft) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\nnameserver 10.1.1.101\n");
  const auto before = texts();
  const Undo undo = there();
  EXPECT_EQ(texts().front(), "nameserver 10.1.1.101\n");
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_THAT(back.stays, ElementsAre(Field(&Reference::place, "/etc/resolv.conf:2")));
  EXPECT_THAT(back.summary.findings,
              Contains(Finding{FindingClass::kept,
                               "/etc/resolv.conf:2",
                               Fact(FactCode::stays_as_before,
                                    {.name = "nameserver", .value = "10.1.1.101", .by = "T17"}),
                               {}}));
  carry_out(back);
  EXPECT_EQ(texts(), before);
  const Plan again = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(again.summary.outlook, Outlook::nothing);
  EXPECT_EQ(again.stays, back.stays);
}

TEST_F(UndoOfARebind, AFileThatAnybodyChangedIsPlannedFromWhatItIs) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Undo undo = there();
  node_.files[1].text = "# mine\n" + node_.files[1].text;
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(back.summary.restored, 1U);
  EXPECT_THAT(
      back.summary.findings,
      Contains(Finding{
          FindingClass::note, "/etc/resolv.conf", planned_anew(FactCode::changed_since), {}}));
  carry_out(back);
  EXPECT_EQ(node_.files[1].text, "# mine\nnameserver 10.1.1.100\n");
}

TEST_F(UndoOfARebind, AFileOfOtherTimesIsPlannedAndNamed) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Undo undo = there();
  add("ntp", "/etc/ntp.conf", "server 10.1.1.101\n");
  node_.files[0].real_path = "/run/other/resolv.conf";
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(back.summary.restored, 0U);
  EXPECT_THAT(
      back.summary.findings,
      Contains(Finding{
          FindingClass::note, "/etc/ntp.conf", planned_anew(FactCode::not_changed_by), {}}));
  carry_out(back);
  EXPECT_THAT(texts(), ElementsAre("nameserver 10.1.1.100\n", "server 10.1.1.100\n"));
}

TEST_F(UndoOfARebind, AFileThatIsGoneIsNamedAndNotMade) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Undo undo = there();
  node_.files.pop_back();
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_THAT(back.files, SizeIs(1)) << "hosts";
  EXPECT_THAT(
      back.summary.findings,
      Contains(Finding{
          FindingClass::note, "/etc/resolv.conf", Fact(FactCode::gone_since, {.by = "T17"}), {}}));
}

TEST_F(UndoOfARebind, WithoutARecordItIsAPlanLikeAnyOther) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  (void)there();
  const Undo undo{17, std::nullopt, "rebooted since generation 17; planned from what is"};
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(back.summary.outlook, Outlook::whole);
  EXPECT_EQ(back.summary.restored, 0U);
  EXPECT_THAT(back.summary.findings,
              ElementsAre(Finding{FindingClass::note, "", undo.why_none, {}}));
}

// The first half was carried out, then the agent died and planned the rest anew.
TEST_F(UndoOfARebind, TakesBackBothHalvesOfAnInterruptedOne) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("ntp", "/etc/ntp.conf", "server 10.1.1.100\n");
  node_.routes = {via("10.1.1.100"), via("10.9.9.9")};
  const auto before = texts();
  const auto routes = node_.routes;
  Plan first = plan("SN1P", "SN2P");
  UndoRecord record{"boot", 17, 0, "T17", {}, {}, {}};
  add_to_record(first, record);
  const size_t files = record.files.size();
  first.files.pop_back();
  ASSERT_EQ(first.routes.front().action, RouteAction::append_remove);
  node_.routes.push_back(first.routes.front().after);  // and not yet deleted
  first.routes.clear();
  carry_out(first);
  // Somebody adds a line before the second half.
  node_.files[1].text += "# more\n";
  const Plan second = plan("SN1P", "SN2P");
  add_to_record(second, record);
  EXPECT_EQ(record.files.size(), files + 1);
  EXPECT_THAT(record.routes, SizeIs(1)) << "the second half of the same change";
  carry_out(second);
  const Undo undo{17, record, ""};
  const Plan back = plan("SN2P", "SN1P", &undo);
  carry_out(back);
  EXPECT_THAT(texts(), ElementsAre(before[0], before[1] + "# more\n"));
  EXPECT_THAT(node_.routes, testing::UnorderedElementsAreArray(routes));
}

// Changed twice by one generation: the way back is one change from what is to what was.
TEST_F(UndoOfARebind, TakesBackTwoChangesOfOneFile) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\nsearch x\n");
  const std::string before = texts().front();
  UndoRecord record{"boot", 17, 0, "T17", {}, {}, {}};
  for (const char* to : {"SN2P", "SN3P"}) {
    const Plan step = plan(to == std::string("SN2P") ? "SN1P" : "SN2P", to);
    add_to_record(step, record);
    carry_out(step);
  }
  const Undo undo{17, record, ""};
  const Plan back = plan("SN3P", "SN1P", &undo);
  EXPECT_EQ(back.summary.restored, 1U);
  carry_out(back);
  EXPECT_EQ(texts().front(), before);
  EXPECT_EQ(undo_file(record, node_.files.front()).state, UndoState::as_before);
}

// ---------------------------------------------------------------- routes

TEST_F(UndoOfARebind, PutsARouteBackWithEverythingItHad) {
  Route odd = via("10.1.1.100");
  odd.source = IpAddress::parse("10.1.1.11");
  odd.others.push_back({RTA_PREF, "\1"});
  node_.routes = {odd, via("10.9.9.9", 7)};
  const auto before = node_.routes;
  const Undo undo = there();
  const Plan back = plan("SN2P", "SN1P", &undo);
  ASSERT_THAT(back.routes, SizeIs(1));
  EXPECT_EQ(back.routes[0].action, RouteAction::replace);
  EXPECT_EQ(back.routes[0].after, odd);
  EXPECT_EQ(back.summary.restored, 1U);
  EXPECT_THAT(back.gateways, ElementsAre(*IpAddress::parse("10.1.1.100")));
  carry_out(back);
  EXPECT_THAT(node_.routes, testing::UnorderedElementsAreArray(before));
}

TEST_F(UndoOfARebind, ARouteOfBothServiceNodesIsOfBothAgain) {
  Route both = via("10.1.1.100");
  both.hops[0].weight = 4;
  both.hops.push_back({IpAddress::parse("10.1.1.101"), 2, 1, 0});
  node_.routes = {both};
  const Undo undo = there();
  ASSERT_THAT(node_.routes[0].hops, SizeIs(1));
  node_.routes[0].hops[0].weight = 0;  // the kernel shows none of a single hop
  const Plan back = plan("SN2P", "SN1P", &undo);
  ASSERT_THAT(back.routes, SizeIs(1));
  EXPECT_EQ(back.routes[0].after, both);
  EXPECT_THAT(back.stays, ElementsAre(Field(&Reference::value, "10.1.1.101")));
  carry_out(back);
  EXPECT_TRUE(plan("SN2P", "SN1P", &undo).empty());
}

TEST_F(UndoOfARebind, ARouteThatWasTakenAwayIsThereAgainAndItsTwinStays) {
  node_.routes = {via("10.1.1.100"), via("10.1.1.101")};
  const auto before = node_.routes;
  const Undo undo = there();
  ASSERT_THAT(node_.routes, ElementsAre(via("10.1.1.101")));
  const Plan back = plan("SN2P", "SN1P", &undo);
  ASSERT_THAT(back.routes, SizeIs(1));
  EXPECT_EQ(back.routes[0].action, RouteAction::add);
  EXPECT_EQ(back.routes[0].describe().before, "");
  EXPECT_THAT(back.stays, ElementsAre(Field(&Reference::value, "10.1.1.101")));
  carry_out(back);
  EXPECT_THAT(node_.routes, testing::UnorderedElementsAreArray(before));
}

TEST_F(UndoOfARebind, ARouteThatSomebodyChangedIsPlannedFromWhatItIs) {
  node_.routes = {via("10.1.1.100")};
  const Undo undo = there();
  node_.routes[0].others.clear();
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_EQ(back.summary.restored, 0U);
  ASSERT_THAT(back.routes, SizeIs(1));
  EXPECT_THAT(back.routes[0].after.others, IsEmpty());
  EXPECT_THAT(back.summary.findings,
              Contains(Field(&Finding::reason,
                             Says("not as T17 left it; planned from its present state"))));
}

// ---------------------------------------------------------------- mounts

TEST_F(UndoOfARebind, AMountComesFromExactlyWhereItCameFrom) {
  node_.mounts.table = {nfs(40, "/install", "sn1-hf0:/install", "10.1.2.100")};
  const Undo undo = there();
  ASSERT_EQ(node_.mounts.table[0].source, "sn2-hf0:/install");
  node_.mounts.table[0].options = "ro,vers=3,timeo=50,addr=10.1.2.101";  // as the kernel has it
  const Plan back = plan("SN2P", "SN1P", &undo);
  ASSERT_THAT(back.mounts, SizeIs(1));
  EXPECT_EQ(back.mounts[0].source, "sn1-hf0:/install");
  EXPECT_EQ(back.mounts[0].address, "10.1.2.100");
  EXPECT_EQ(back.mounts[0].options, "vers=3,timeo=600");
  EXPECT_EQ(back.summary.restored, 1U);
  EXPECT_EQ(back.summary.mounts, 1U);
}

TEST_F(UndoOfARebind, AMountOfOtherTimesIsPlannedAndNamed) {
  node_.mounts.table = {nfs(40, "/install", "sn1-eth1:/install", "10.1.1.100")};
  const Undo undo = there();
  node_.mounts.table.push_back(nfs(41, "/opt/apps", "sn2-eth1:/apps", "10.1.1.101"));
  const Plan back = plan("SN2P", "SN1P", &undo);
  EXPECT_THAT(back.mounts, SizeIs(2));
  EXPECT_EQ(back.summary.restored, 1U);
  EXPECT_THAT(back.summary.findings,
              Contains(Finding{
                  FindingClass::note, "mount /opt/apps", planned_anew(FactCode::not_as_left), {}}));
}

// ---------------------------------------------------------------- the record

// From SN1P by way of SN2P to SN3P: taken back in one step, or, where only the second one is known,
// not back onto SN2P.
class UndoOfTwoRebinds : public UndoOfARebind {
 protected:
  UndoOfTwoRebinds() {
    add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
    add("syslog", "/etc/rsyslog.d/remote.conf", "# site\n*.* @10.1.1.100\n");
    node_.routes = {via("10.1.1.100")};
    node_.mounts.table = {nfs(40, "/apps", "sn1-eth1:/apps", "10.1.1.100")};
    before_ = node_;
    first_ = *there().record;
    const Plan second = plan("SN2P", "SN3P");
    EXPECT_FALSE(second.blocked());
    add_to_record(second, second_);
    carry_out(second);
  }
  Plan back(UndoRecord record) {
    const Undo undo{17, std::move(record), ""};
    return make_plan(node_, vector_directory(), Move{{"SN3P", "SN2P"}, "SN1P", {}},
                     {false, StuckPolicy::keep, &undo});
  }

  Observation before_;
  UndoRecord first_, second_;
};

TEST_F(UndoOfTwoRebinds, GoesBackInOneStep) {
  append(second_, first_);
  const Plan home = back(first_);
  ASSERT_THAT(home.routes, SizeIs(1));
  EXPECT_EQ(home.routes[0].after, before_.routes[0]);
  EXPECT_THAT(home.summary.findings, Not(Contains(Field(&Finding::what, FindingClass::kept))));
  carry_out(home);
  EXPECT_EQ(node_.files[0].text, before_.files[0].text);
  EXPECT_EQ(node_.files[1].text, before_.files[1].text);
  EXPECT_EQ(node_.routes, before_.routes);
  EXPECT_EQ(node_.mounts.table[0].source, before_.mounts.table[0].source);
  EXPECT_EQ(home.summary.restored, 4U);
}

// The second one is already the way back, under another generation.
TEST_F(UndoOfARebind, WhatWasTakenBackOnceIsNotChangedAgain) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  node_.routes = {via("10.1.1.100")};
  const Undo undo = there();
  const Plan home = plan("SN2P", "SN1P", &undo);
  UndoRecord both = *undo.record, way_home;
  add_to_record(home, way_home);
  carry_out(home);
  append(way_home, both);
  const Undo again{17, both, ""};
  EXPECT_TRUE(plan("SN2P", "SN1P", &again).empty());
}

TEST_F(UndoOfTwoRebinds, NeverGoesBackOntoWhatIsLeft) {
  const Plan home = back(second_);
  carry_out(home);
  EXPECT_EQ(home.summary.restored, 0U);
  EXPECT_EQ(node_.files[0].text, before_.files[0].text);
  EXPECT_EQ(node_.files[1].text, before_.files[1].text);
  EXPECT_EQ(node_.routes[0].hops, before_.routes[0].hops);
  EXPECT_EQ(node_.mounts.table[0].source, before_.mounts.table[0].source);
  EXPECT_THAT(home.summary.findings,
              Contains(Field(&Finding::reason, Says(HasSubstr("was not on SN1P before")))));
}

TEST_F(UndoOfARebind, ARecordThatIsCutOrChangedIsNone) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  node_.routes = {via("10.1.1.100")};
  node_.mounts.table = {nfs(40, "/install", "sn1-eth1:/install", "10.1.1.100")};
  const std::string text = *wire::to_file(kUndoKind, *there().record);
  for (size_t size = 0; size < text.size(); ++size) {
    ASSERT_FALSE(read_record(std::string_view(text).substr(0, size))) << size;
    std::string changed = text;
    changed[size] = static_cast<char>(changed[size] ^ 4);
    ASSERT_FALSE(read_record(changed)) << size;
  }
  EXPECT_FALSE(read_record(text + "x"));
}

}  // namespace
}  // namespace sn::agent
