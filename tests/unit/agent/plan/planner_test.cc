#include <gmock/gmock.h>

#include "agent/plan/plan.h"
#include "agent/watch/mount_table.h"
#include "common/wire/codec.h"
#include "tests/unit/says.h"

namespace sn::agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Directory directory() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P", {"sn1-eth1"}, {*NetworkAddress::parse("10.1.1.100/24")}, "00C1A2B34C00"});
  directory.service_nodes.push_back(
      {"SN2P", {"sn2-eth1"}, {*NetworkAddress::parse("10.1.1.101/24")}, "00C1A2B34C01"});
  return directory;
}

const FileKind& kind(const std::string& name) {
  for (const auto& kind : all_file_kinds()) {
    if (kind->name() == name) return *kind;
  }
  throw std::logic_error(name);
}

class Planner : public testing::Test {
 protected:
  ObservedFile& add(const std::string& kind_name, const std::string& path,
                    const std::string& text) {
    ObservedFile file;
    file.path = path;
    file.real_path = path;
    file.kind = &kind(kind_name);
    file.text = text;
    observation_.files.push_back(file);
    return observation_.files.back();
  }
  Plan plan(bool strict = false) {
    observation_.own_addresses = {*NetworkAddress::parse("10.1.1.11/24")};
    return make_plan(observation_, directory(), Move{{"SN1P"}, "SN2P", {}}, {strict});
  }
  Observation observation_;
};

TEST_F(Planner, WithNothingToLeaveNothingIsEvenAdded) {
  add("hosts", "/etc/hosts", "127.0.0.1 localhost\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.9.9.9\n");
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::nothing);
  EXPECT_TRUE(result.empty());
}

TEST_F(Planner, MakesTheNewServiceNodeResolvableFirst) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::whole);
  EXPECT_THAT(result.hosts, SizeIs(1));
  EXPECT_THAT(result.files, SizeIs(1));
  EXPECT_THAT(result.summary.changes,
              Contains(PlannedChange{"resolver", "/etc/resolv.conf", 1, "nameserver 10.1.1.100",
                                     "nameserver 10.1.1.101"}));
}

// What is planned is shown to everybody who may read a screen, a log or the feed.
TEST_F(Planner, ThePlanHasNoSecretsOfTheLinesThatChange) {
  add("fstab", "/etc/fstab",
      "10.1.1.100:/install /install nfs ro,password=S3cr3t,vers=3 0 0  # S3cr3t\n");
  add("syslog", "/etc/rsyslog.d/x.conf",
      "action(type=\"omfwd\" target=\"10.1.1.100\" port=\"514\" Template=\"S3cr3t\")\n");
  add("chrony", "/etc/chrony/chrony.conf", "server 10.1.1.100 iburst key S3cr3t # of S3cr3t\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100 # S3cr3t\n");
  add("xcatinfo", "/opt/xcat/xcatinfo", "XCATSERVER=10.1.1.100\nPASSWORD=S3cr3t\n");
  const Plan result = plan();
  EXPECT_FALSE(result.blocked());
  EXPECT_GE(result.summary.changes.size(), 4U);
  EXPECT_EQ(wire::plan_json(result.summary).find("S3cr3t"), std::string::npos)
      << wire::plan_json(result.summary);
  for (const auto& file : result.files) {
    EXPECT_THAT(file.text_after, HasSubstr(file.path == "/etc/resolv.conf" ? "" : "S3cr3t"))
        << "what is written is whole";
  }
}

TEST_F(Planner, AnEssentialFileThatCantBeUnderstoodRefusesTheNode) {
  add("niminfo", "/etc/niminfo", "export NIM_MASTER_HOSTNAME=\"sn1-eth1\nexport X=1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Plan result = plan();
  EXPECT_TRUE(result.blocked());
  EXPECT_TRUE(result.empty());
  EXPECT_THAT(result.summary.findings,
              Contains(Field(&Finding::place, HasSubstr("/etc/niminfo:"))));
}

TEST_F(Planner, AnOddChronyLineDoesNotCostTheNodeTheRest) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("chrony", "/etc/chrony/chrony.conf", "srever 10.1.1.100\nserver sn1-eth1 iburst\n");
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::partly);
  EXPECT_THAT(result.files, SizeIs(1));
  EXPECT_THAT(result.summary.findings,
              Contains(Field(&Finding::place, "/etc/chrony/chrony.conf:1")));
  EXPECT_TRUE(plan(/*strict=*/true).blocked());
}

TEST_F(Planner, AFileThatCantBeUnderstoodAndNamesNobodyIsNotOurs) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("chrony", "/etc/chrony/chrony.conf", "srever 10.9.9.9\n");
  EXPECT_EQ(plan().summary.outlook, Outlook::whole);
}

TEST_F(Planner, AReadOnlyFileIsReportedAndNoFailure) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("xcatinfo", "/opt/xcat/xcatinfo", "XCATSERVER=10.1.1.100\n").place = FilePlace::read_only;
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::whole);
  EXPECT_THAT(result.files, SizeIs(1));
  EXPECT_THAT(result.summary.findings,
              Contains(Field(&Finding::what, FindingClass::boot_time_only)));
}

TEST_F(Planner, AFileThatIsBoundReadOnlyOntoItselfIsNoImage) {
  add("xcatinfo", "/opt/xcat/xcatinfo", "XCATSERVER=10.1.1.100\n").place = FilePlace::read_only;
  Mount root;
  root.superblock = "0:21";
  root.root = root.place = "/";
  root.options = root.attributes = "rw";
  Mount bind = root;
  bind.place = bind.root = "/opt/xcat/xcatinfo";
  bind.attributes = "ro,relatime";
  const auto planned_with = [&](const Mount& mount) {
    observation_.mounts.table = {root, mount};
    return plan().files.size();
  };
  EXPECT_EQ(planned_with(bind), 1U) << "it can be changed now; the kernel is asked whether";
  Mount other = bind;
  other.options = "ro";
  EXPECT_EQ(planned_with(other), 0U) << "of a read-only file system";
  other = bind;
  other.superblock = "0:45";
  EXPECT_EQ(planned_with(other), 0U) << "statelite: from elsewhere";
  other = bind;
  other.root = "/.default/opt/xcat/xcatinfo";
  EXPECT_EQ(planned_with(other), 0U) << "statelite: from the image itself";
  other = bind;
  other.place = other.root = "/opt";
  EXPECT_EQ(planned_with(other), 0U) << "a directory stands for the image";
}

TEST_F(Planner, ATreeThatDoesNotRunAndIsReadOnlyAsAWholeIsNoImage) {
  add("xcatinfo", "/opt/xcat/xcatinfo", "XCATSERVER=10.1.1.100\n").place = FilePlace::read_only;
  observation_.live = false;
  EXPECT_THAT(plan().files, IsEmpty());
  observation_.tree_is_read_only = true;
  EXPECT_THAT(plan().files, SizeIs(1));
}

TEST_F(Planner, AnEssentialFileThatCantBeReplacedRefusesTheNode) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("xcatinfo", "/opt/xcat/xcatinfo", "XCATSERVER=10.1.1.100\n");
  const Cure cure(CureCode::chattr_i, {.place = "/etc/resolv.conf"});
  observation_.refusals = {{"/etc/resolv.conf", Fact(FactCode::is_immutable), cure}};
  const Plan result = plan();
  EXPECT_TRUE(result.blocked());
  EXPECT_TRUE(result.empty());
  EXPECT_THAT(result.summary.findings, Contains(Finding{FindingClass::blocked, "/etc/resolv.conf",
                                                        Fact(FactCode::is_immutable), cure}));
}

TEST_F(Planner, ASecondaryFileThatCantBeReplacedStaysAndIsNamed) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("ntp", "/etc/ntp.conf", "server 10.1.1.100\n");
  observation_.refusals = {{"/etc/ntp.conf", Fact(FactCode::is_immutable), {}}};
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::partly);
  EXPECT_THAT(result.files, SizeIs(1));
  EXPECT_THAT(
      result.summary.findings,
      Contains(Finding{FindingClass::left, "/etc/ntp.conf", Fact(FactCode::is_immutable), {}}));
  EXPECT_TRUE(plan(/*strict=*/true).blocked());
}

TEST_F(Planner, AReadWriteMountStaysWithItsReasonAndItsCure) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  add("fstab", "/etc/fstab", "sn1-eth1:/home /home nfs rw 0 0\nsn1-eth1:/x /x nfs ro 0 0\n");
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::whole);
  EXPECT_THAT(result.files, SizeIs(2));
  EXPECT_THAT(
      result.summary.findings,
      ElementsAre(Finding{FindingClass::kept, "/etc/fstab:1",
                          Fact(FactCode::stays, {.name = "read-write mount", .value = "sn1-eth1"},
                               Fact(FactCode::other_data)),
                          Cure(CureCode::declare_same_data)}));
}

TEST_F(Planner, AMapThatAProgramPrintsMattersOnlyIfItNamesSomebody) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  auto& map = add("autofs", "/etc/auto.net", "#!/bin/sh\necho -ro $1:/export\n");
  EXPECT_EQ(plan().summary.outlook, Outlook::whole);
  map.text = "#!/bin/sh\necho -ro sn1-eth1:/export\n";
  EXPECT_EQ(plan().summary.outlook, Outlook::partly);
}

TEST_F(Planner, AStubThatNamesNobodyIsNoted) {
  add("chrony", "/etc/chrony.conf", "server sn1-eth1\n");
  auto& file = add("resolver", "/etc/resolv.conf", "nameserver 127.0.0.53\n");
  file.place = FilePlace::foreign;
  file.owner = "systemd-resolved";
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::whole);
  EXPECT_THAT(result.summary.findings,
              Contains(Field(&Finding::reason, Says(HasSubstr("systemd-resolved writes it")))));
}

TEST_F(Planner, AFileInAnotherProgramsTerritoryIsNamedAndBlocksNobodyUnlessStrict) {
  auto& file = add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  file.place = FilePlace::foreign;
  file.owner = "NetworkManager";
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::partly);
  EXPECT_TRUE(result.files.empty());
  EXPECT_THAT(result.summary.findings,
              Contains(Field(&Finding::reason, Says(HasSubstr("NetworkManager")))));
}

TEST_F(Planner, ANameFromTheHostsFileIsTheServiceNodes) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1 loghost\n");
  add("syslog", "/etc/rsyslog.d/remote.conf", "*.* @loghost\n");
  observation_.running_services = {"rsyslog"};
  const Plan result = plan();
  ASSERT_THAT(result.files, SizeIs(1));
  EXPECT_EQ(result.files[0].text_after, "*.* @sn2-eth1\n");
  EXPECT_THAT(result.summary.reloads, ElementsAre("rsyslog"));
}

// What was shown is compared with what was carried out, which asks for no services beforehand.
TEST_F(Planner, TheHashDoesNotDependOnWhichServicesRun) {
  add("syslog", "/etc/rsyslog.d/remote.conf", "*.* @10.1.1.100\n");
  const Plan carried_out = plan();
  observation_.running_services = {"rsyslog"};
  const Plan shown = plan();
  EXPECT_NE(shown.summary.group, carried_out.summary.group);
  EXPECT_EQ(shown.summary.shape, carried_out.summary.shape);
  EXPECT_EQ(shown.summary.hash, carried_out.summary.hash);
}

TEST_F(Planner, NodesThatDifferInNothingAPersonCaresAboutAreOneGroup) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Plan one = plan();
  observation_.files.clear();
  add("resolver", "/etc/resolv.conf", "# another node\nnameserver 10.1.1.100\n");
  const Plan other = plan();
  EXPECT_EQ(one.summary.group, other.summary.group);
  EXPECT_NE(one.summary.hash, other.summary.hash);
}

TEST_F(Planner, TheNodesOwnNameInAChangedLineIsNoDifference) {
  const auto niminfo = [](const std::string& own) {
    return "export NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_HOSTS=\" " + own +
           " 10.1.1.100:sn1-eth1 \"\n";
  };
  add("niminfo", "/etc/niminfo", niminfo("10.1.1.11:cn001"));
  const Plan one = plan();
  observation_.files.clear();
  add("niminfo", "/etc/niminfo", niminfo("10.1.1.12:cn002"));
  EXPECT_EQ(plan().summary.group, one.summary.group);
}

TEST_F(Planner, SaysNowWhatTheTakeoverCouldNotRestart) {
  add("syslog", "/etc/rsyslog.d/remote.conf", "*.* @10.1.1.100\n");
  observation_.running_services = {"rsyslog"};
  const Plan restarted = plan();
  observation_.not_restartable = {{"rsyslog", Fact(FactCode::outside_of_systemd, {.pid = 69}),
                                   Cure(CureCode::configure_service)}};
  const Plan stays = plan();
  EXPECT_EQ(stays.summary.outlook, Outlook::partly);
  EXPECT_NE(stays.summary.group, restarted.summary.group);
  EXPECT_EQ(stays.summary.hash, restarted.summary.hash) << "the same is done";
  ASSERT_THAT(stays.summary.findings, SizeIs(1));
  EXPECT_EQ(stays.summary.findings[0].what, FindingClass::not_in_effect);
  EXPECT_EQ(stays.summary.findings[0].place, "rsyslog");
}

TEST_F(Planner, AServiceWhoseFilesStayIsNotMissed) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  observation_.not_restartable = {{"rsyslog", Fact(FactCode::outside_of_systemd), {}}};
  EXPECT_EQ(plan().summary.outlook, Outlook::whole);
}

TEST_F(Planner, NamesOnlyServicesThatRunAsRestarted) {
  add("syslog", "/etc/rsyslog.d/remote.conf", "*.* @10.1.1.100\n");
  EXPECT_THAT(plan().summary.reloads, IsEmpty());
}

// Who is left is dead: what can be understood moves, and what can't stays and is named.
class Rescue : public Planner {
 protected:
  Plan rescue(bool is_rescue = true) {
    observation_.own_addresses = {*NetworkAddress::parse("10.1.1.11/24")};
    PlanOptions options;
    options.rescue = is_rescue;
    return make_plan(observation_, directory(), Move{{"SN1P"}, "SN2P", {}}, options);
  }
};

TEST_F(Rescue, AnEssentialFileThatIsNotUnderstoodStaysAndTheRestMoves) {
  add("niminfo", "/etc/niminfo", "export NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_NAME='cn001\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  EXPECT_TRUE(rescue(false).blocked());
  const Plan result = rescue();
  EXPECT_EQ(result.summary.outlook, Outlook::partly);
  ASSERT_THAT(result.files, SizeIs(1));
  EXPECT_EQ(result.files[0].path, "/etc/resolv.conf");
  EXPECT_THAT(result.summary.findings,
              Contains(testing::AllOf(Field(&Finding::what, FindingClass::left),
                                      Field(&Finding::place, HasSubstr("/etc/niminfo")))));
}

TEST_F(Rescue, NameAndMachineIdOfNiminfoStayTogether) {
  add("niminfo", "/etc/niminfo",
      "export NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_MASTERID=00C1A2B34C00\n");
  Directory without_id = directory();
  without_id.service_nodes[1].nim_master_id.clear();
  PlanOptions options;
  options.rescue = true;
  const Plan result =
      make_plan(observation_, without_id,
                Move{{"SN1P"}, "SN2P", {*NetworkAddress::parse("10.1.1.11/24")}}, options);
  EXPECT_FALSE(result.blocked());
  EXPECT_THAT(result.files, IsEmpty()) << "neither the name nor the id";
  EXPECT_EQ(result.summary.outlook, Outlook::partly);
}

TEST_F(Rescue, WhatRenameWouldRefuseStillRefusesTheNode) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  observation_.refusals = {{"/etc/resolv.conf", Fact("immutable"), {}}};
  EXPECT_TRUE(rescue().blocked());
}

// As the coordinator reads the entries; `address`: of SN2P.
PlanOptions meaning(const std::string& address) {
  PlanOptions options;
  options.meant = entries_of(directory(), {"SN1P"}, "SN2P");
  options.meant.back().addresses = {address};
  options.directory_path = "/etc/snagent/cluster.toml";
  return options;
}

TEST_F(Planner, AnEntryThatIsNotTheCoordinatorsRefusesTheNode) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  observation_.own_addresses = {*NetworkAddress::parse("10.1.1.11/24")};
  const Move move{{"SN1P"}, "SN2P", {}};
  EXPECT_FALSE(make_plan(observation_, directory(), move, meaning("10.1.1.101/24")).blocked());
  const Plan result = make_plan(observation_, directory(), move, meaning("10.1.1.201/24"));
  EXPECT_TRUE(result.blocked());
  EXPECT_THAT(result.summary.findings,
              ElementsAre(Finding{FindingClass::blocked, "/etc/snagent/cluster.toml",
                                  Fact(FactCode::entry_differs, {.sn = "SN2P",
                                                                 .name = "addresses",
                                                                 .value = "10.1.1.101/24",
                                                                 .said = "10.1.1.201/24"}),
                                  Cure(CureCode::copy_coordinators_directory)}));
}

TEST_F(Planner, AnEntryThatDiffersRefusesAlsoWhereNothingNamesTheOldOne) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.99\n");
  const Move move{{"SN1P"}, "SN2P", {*NetworkAddress::parse("10.1.1.11/24")}};
  PlanOptions options = meaning("10.1.1.101/24");
  options.meant.front().addresses = {"10.1.1.99/24"};
  EXPECT_TRUE(make_plan(observation_, directory(), move, options).blocked());
}

TEST_F(Planner, AnUnknownServiceNodeRefusesTheNode) {
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  observation_.own_addresses = {*NetworkAddress::parse("10.1.1.11/24")};
  const Plan result = make_plan(observation_, directory(), Move{{"SN1P"}, "SN9P", {}}, {});
  EXPECT_TRUE(result.blocked());
  EXPECT_THAT(text_of(result.summary.findings.front().reason), HasSubstr("SN9P"));
}

TEST_F(Planner, SaysTheSameOfItsOwnResultAsOfANodeThatIsThere) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1\n");
  add("resolver", "/etc/resolv.conf", "nameserver 10.1.1.100\n");
  const Plan first = plan();
  observation_.files[0].text = first.hosts[0].text_after;
  observation_.files[1].text = first.files[0].text_after;
  EXPECT_EQ(plan().summary.outlook, Outlook::nothing);
  EXPECT_THAT(plan().files, IsEmpty());
}

TEST_F(Planner, AFileOnAMountThatIsSwappedIsReadAfterwards) {
  const auto table = parse_mount_table(
      "30 21 0:40 / /persist ro - nfs sn1-eth1:/persist ro,vers=3,addr=10.1.1.100\n");
  observation_.mounts.table = *table;
  observation_.unread.push_back(
      {"/etc/resolv.conf", "no answer for 1000 ms", "", Tier::essential, "/persist"});
  const Plan swapped = plan();
  EXPECT_FALSE(swapped.blocked());
  EXPECT_TRUE(swapped.second_look);
  EXPECT_THAT(swapped.mounts, SizeIs(1));
  // Read-write: it is left, and what it hides with it.
  observation_.mounts.table[0].attributes = "rw";
  observation_.mounts.table[0].options = "rw,vers=3,addr=10.1.1.100";
  EXPECT_TRUE(plan().blocked());
}

TEST_F(Planner, AMountThatIsLeftMakesTheNodePartlyAndStrictRefusesIt) {
  observation_.mounts.table =
      *parse_mount_table("30 21 0:40 / /home rw - nfs sn1-eth1:/home rw,vers=3,addr=10.1.1.100\n");
  EXPECT_EQ(plan().summary.outlook, Outlook::partly);
  EXPECT_EQ(plan(true).summary.outlook, Outlook::blocked);
}

TEST_F(Planner, ASwapIsAChangeOfThePlan) {
  observation_.mounts.table = *parse_mount_table(
      "30 21 0:40 / /install ro - nfs sn1-eth1:/install ro,vers=3,addr=10.1.1.100\n");
  const Plan made = plan();
  EXPECT_EQ(made.summary.outlook, Outlook::whole);
  EXPECT_EQ(made.summary.mounts, 1U);
  ASSERT_THAT(made.summary.changes, SizeIs(1));
  EXPECT_EQ(made.summary.changes[0].path, "mount /install");
  EXPECT_EQ(made.summary.changes[0].before, "sn1-eth1:/install (10.1.1.100)");
  EXPECT_EQ(made.summary.changes[0].after, "sn2-eth1:/install (10.1.1.101)");
}

}  // namespace
}  // namespace sn::agent
