#include "agent/plan/leftover_names.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "agent/plan/plan.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Directory directory() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P",
       {"sn1-eth1", "sn1-eth1.d.example"},
       {*NetworkAddress::parse("10.1.1.100/24"), *NetworkAddress::parse("fd00:1::100/64")},
       "00C1A2B34C00"});
  directory.service_nodes.push_back(
      {"SN2P",
       {"sn2-eth1", "sn2-eth1.d.example"},
       {*NetworkAddress::parse("10.1.1.101/24"), *NetworkAddress::parse("fd00:1::101/64")},
       "00C1A2B34C01"});
  return directory;
}

class Leftovers : public testing::Test {
 protected:
  ObservedFile& add(const std::string& kind_name, const std::string& path,
                    const std::string& text) {
    ObservedFile file;
    file.path = file.real_path = path;
    for (const auto& kind : all_file_kinds()) {
      if (kind->name() == kind_name) file.kind = kind.get();
    }
    file.text = text;
    observation_.files.push_back(std::move(file));
    return observation_.files.back();
  }
  Plan plan() {
    observation_.own_addresses = {*NetworkAddress::parse("10.1.1.11/24")};
    return make_plan(observation_, directory(), Move{{"SN1P"}, "SN2P", {}}, {});
  }
  // The places of what stays.
  std::vector<std::string> places() {
    std::vector<std::string> places;
    for (const auto& finding : plan().summary.findings) {
      if (finding.reason.is(FactCode::name_stays)) places.push_back(finding.place);
    }
    return places;
  }
  // Of everything that counts as left, whoever found it.
  std::vector<std::string> left() {
    std::vector<std::string> places;
    for (const auto& finding : plan().summary.findings) {
      if (finding.what == FindingClass::left) places.push_back(finding.place);
    }
    std::sort(places.begin(), places.end());
    return places;
  }
  std::vector<std::string> in_chrony(const std::string& text) {
    observation_.files.clear();
    add("chrony", "/etc/chrony.conf", text);
    return places();
  }
  Observation observation_;
};

TEST_F(Leftovers, ANameThatNoRuleMovesIsToldWithItsLine) {
  add("chrony", "/etc/chrony.conf", "server 10.1.1.100 iburst\nallow 10.1.1.100\n");
  const Plan result = plan();
  EXPECT_EQ(result.summary.outlook, Outlook::partly);
  EXPECT_THAT(result.files, SizeIs(1)) << "the rest moves";
  EXPECT_THAT(result.summary.findings,
              ElementsAre(Finding{FindingClass::left, "/etc/chrony.conf:2",
                                  Fact(FactCode::name_stays, {.sn = "SN1P", .value = "10.1.1.100"}),
                                  Cure(CureCode::change_by_hand)}));
}

TEST_F(Leftovers, WhatAKindNamesItselfIsNotToldTwice) {
  add("fstab", "/etc/fstab",
      "//sn1-eth1/apps /apps cifs ro 0 0\nroot@sn1-eth1:/x /x fuse.sshfs ro 0 0\n"
      "sn1-eth1:/gv0 /gv0 glusterfs defaults,backup-volfile-servers=sn3 0 0\n");
  EXPECT_THAT(places(), IsEmpty());
  EXPECT_THAT(left(), ElementsAre("/etc/fstab:1", "/etc/fstab:2", "/etc/fstab:3"));
}

TEST_F(Leftovers, OnlyWholeTokensCount) {
  EXPECT_THAT(in_chrony("allow 10.1.1.1001\nallow 110.1.1.100\nallow sn1-eth1x\nallow sn1-other\n"
                        "allow 10.1.1.101\nallow xfd00:1::100\nallow fd00:1::1001\n"),
              IsEmpty());
  EXPECT_THAT(in_chrony("allow 10.1.1.100/32\nallow SN1-ETH1.d.example.\nallow fd00:1:0::100\n"
                        "allow ::ffff:10.1.1.100\n"),
              ElementsAre("/etc/chrony.conf:1", "/etc/chrony.conf:2", "/etc/chrony.conf:3",
                          "/etc/chrony.conf:4"));
}

TEST_F(Leftovers, ACommentAndAPartOfAPathNameNobody) {
  EXPECT_THAT(in_chrony("# allow 10.1.1.100\n  ! sn1-eth1\nlogdir /var/log/sn1-eth1\n"
                        "bindcmdaddress /run/10.1.1.100/x\nlogdir /a:sn1-eth1\n"),
              IsEmpty());
  observation_.files.clear();
  add("fstab", "/etc/fstab",
      "dav://sn1-eth1/a /a fuse ro 0 0\nhost=10.1.1.100 /b fuse ro 0 0\n"
      "//sn1-eth1/a /c cifs ro 0 0\n");
  EXPECT_THAT(left(), SizeIs(3));
}

TEST_F(Leftovers, WhatARuleKeepsOnPurposeIsNotTold) {
  add("hosts", "/etc/hosts", "10.1.1.100 sn1-eth1 sn1-eth1.d.example\n10.1.1.101 sn2-eth1\n");
  add("fstab", "/etc/fstab", "sn1-eth1:/home /home nfs rw 0 0\n");
  EXPECT_THAT(places(), IsEmpty());
}

TEST_F(Leftovers, OfALineThatNamesItTwiceOneIsTold) {
  EXPECT_THAT(in_chrony("allow 10.1.1.100 sn1-eth1\n"), SizeIs(1));
}

TEST_F(Leftovers, LinesAreThoseOfTheFileAsItIs) {
  // The second source of one host goes with its line.
  EXPECT_THAT(in_chrony("server sn2-eth1\nserver sn1-eth1\nallow 10.1.1.100\n"),
              ElementsAre("/etc/chrony.conf:3"));
}

TEST_F(Leftovers, AreCountedBeyondWhatIsTold) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "allow 10.1.1.100\n";
  const ObservedFile& file = add("chrony", "/etc/chrony.conf", text);
  const IdentityIndex identity(directory());
  const std::vector<std::string> from = {"SN1P"};
  const auto found = LeftoverSearch(identity, from).in_file(file, file.text, {}, {});
  EXPECT_EQ(found.count, 100U);
  EXPECT_THAT(found.findings, SizeIs(kMaxToldNames + 1));
  EXPECT_EQ(found.findings.back().reason, Fact(FactCode::more_names_stay, {.count = 36}));
}

TEST_F(Leftovers, FindingsFollowTheirLines) {
  std::vector<Finding> findings{{FindingClass::kept, "/etc/a:5", "x", {}},
                                {FindingClass::kept, "/etc/ab:5", "x", {}},
                                {FindingClass::kept, "/etc/a:1", "x", {}},
                                {FindingClass::kept, "/etc/a", "x", {}}};
  follow_lines("/etc/a", {{10, 2, "line\n", ""}}, findings);
  EXPECT_EQ(findings[0].place, "/etc/a:4");
  EXPECT_EQ(findings[1].place, "/etc/ab:5");
  EXPECT_EQ(findings[2].place, "/etc/a:1");
  EXPECT_EQ(findings[3].place, "/etc/a");
}

TEST_F(Leftovers, PlacesAreFilesRoutesAndNfsMounts) {
  add("chrony", "/etc/chrony.conf", "");
  observation_.routes.resize(3);
  Mount nfs, tmpfs;
  nfs.type = "nfs4";
  tmpfs.type = "tmpfs";
  observation_.mounts.table = {nfs, tmpfs};
  EXPECT_EQ(count_places(observation_), 5U);
  EXPECT_EQ(plan().summary.places, 5U);
}

// "ntp", "mail" and "log" are likely aliases of a service node, and words of configurations.
TEST_F(Leftovers, AShortAliasCountsOnlyWhereAHostMayStand) {
  add("hosts", "/etc/hosts",
      "10.1.1.100 sn1-eth1 mail ntp dns server loghost\n10.1.1.101 sn2-eth1\n");
  add("syslog", "/etc/rsyslog.conf", "mail.*  -/var/log/maillog\nmail,news.none /x\n");
  add("timesyncd", "/etc/systemd/timesyncd.conf", "[Time]\nNTP=10.1.1.1\n");
  add("networkmanager", "/etc/NetworkManager/system-connections/a", "[ipv4]\ndns=10.1.1.1\n");
  add("chrony", "/etc/chrony.conf", "server 10.1.1.1\n");
  EXPECT_THAT(places(), IsEmpty());
  add("chrony", "/etc/chrony/site.conf", "ntsserverkey loghost\n");
  EXPECT_THAT(places(), ElementsAre("/etc/chrony/site.conf:1"));
}

// Of a unit only what it starts counts; of dnsmasq's arguments no records.
TEST_F(Leftovers, WhatAUnitSaysOfItselfIsNoServer) {
  add("chrony", "/etc/systemd/system/chronyd.service",
      "[Unit]\nDescription=time from sn1-eth1\n[Service]\nExecStart=/usr/sbin/chronyd\n");
  add("dnsmasq", "/etc/default/dnsmasq", "# sn1-eth1\nDNSMASQ_OPTS=\"--cname=old,sn1-eth1\"\n");
  EXPECT_THAT(left(), IsEmpty());
  add("chrony", "/etc/systemd/system/chronyd.service.d/o.conf",
      "[Service]\nExecStart=/usr/sbin/chronyd 'server sn1-eth1'\n");
  EXPECT_THAT(left(), ElementsAre("/etc/systemd/system/chronyd.service.d/o.conf:2"));
}

TEST_F(Leftovers, WhereARouteLeadsToIsNoServer) {
  add("networkmanager", "/etc/NetworkManager/system-connections/a",
      "[ipv4]\nroute1=10.1.1.100/32,10.1.1.1\nroute2=10.2.0.0/16,10.1.1.100\n");
  add("network", "/etc/sysconfig/network-scripts/route-eth0",
      "10.1.1.100 via 10.1.1.1\n10.1.1.100/32 via 10.1.1.1\n");
  const Plan made = plan();
  EXPECT_THAT(left(), IsEmpty());
  ASSERT_THAT(made.files, SizeIs(1));
  EXPECT_EQ(made.files[0].text_after,
            "[ipv4]\nroute1=10.1.1.100/32,10.1.1.1\nroute2=10.2.0.0/16,10.1.1.101\n");
}

}  // namespace
}  // namespace sn::agent
