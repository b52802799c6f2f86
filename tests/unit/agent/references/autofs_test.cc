#include "agent/references/autofs.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Planning kMap("autofs", "/etc/auto.apps");
const Planning kMaster("autofs", "/etc/auto.master");

TEST(Autofs, MovesReadOnlyLocationsAndKeepsEveryOtherByte) {
  EXPECT_EQ(kMap.after("apps\t-ro,hard  sn1-eth1:/export/apps # ours\n"
                       "*  -fstype=nfs4,ro [fd00:1::100]:/export/&\n"
                       "/usr/man -ro 10.1.1.100:/usr/man\n"),
            "apps\t-ro,hard  sn2-eth1:/export/apps # ours\n"
            "*  -fstype=nfs4,ro [fd00:1::101]:/export/&\n"
            "/usr/man -ro 10.1.1.101:/usr/man\n");
}

TEST(Autofs, KeepsReadWriteLocationsAndSaysWhy) {
  for (const char* text :
       {"home sn1-eth1:/home\n", "home -rw sn1-eth1:/home\n", "home -ro -rw sn1-eth1:/home\n"}) {
    EXPECT_EQ(kMap.after(text), text);
    EXPECT_THAT(kMap.references(text),
                ElementsAre("/etc/auto.apps:1 read-write mount sn1-eth1 SN1P keep"));
  }
  EXPECT_THAT(text_of(kMap.kind->why_it_stays({}).why), HasSubstr("read-write"));
}

TEST(Autofs, OptionsOfTheMasterMapHoldForWhatSaysNothingElse) {
  const auto includes = kMaster.kind->includes(
      "/etc/auto.master", "/apps /etc/auto.apps -ro,hard\n/home /etc/auto.home -rw\n");
  ASSERT_EQ(includes.size(), 2U);
  Planning apps = kMap, home = kMap;
  apps.kind = includes[0].as;
  home.kind = includes[1].as;
  EXPECT_EQ(apps.after("* sn1-eth1:/export/&\n"), "* sn2-eth1:/export/&\n");
  EXPECT_EQ(apps.after("* -rw sn1-eth1:/export/&\n"), "* -rw sn1-eth1:/export/&\n");
  EXPECT_EQ(home.after("* sn1-eth1:/export/&\n"), "* sn1-eth1:/export/&\n");
  // What it includes is read with the same options.
  const auto further = apps.kind->includes("/etc/auto.apps", "+/etc/auto.more\n");
  ASSERT_EQ(further.size(), 1U);
  EXPECT_EQ(further[0].as, apps.kind);
}

TEST(Autofs, AKeyThatIsTheServerIsLeftAndNamed) {
  for (const char* text : {"sn1-eth1 -ro &:/export\n", "sn1-eth1 -ro nfsha,&:/export\n"}) {
    EXPECT_EQ(kMap.after(text), text);
    const auto plan = kMap.plan(text);
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->findings.size(), 1U) << text;
    EXPECT_EQ(plan->findings[0].what, FindingClass::left);
    EXPECT_EQ(plan->findings[0].place, "/etc/auto.apps:1");
  }
  EXPECT_THAT(kMap.plan("sn1-eth1 &:/export\n")->findings, IsEmpty()) << "read-write";
  EXPECT_THAT(kMap.plan("sn1-eth1 -ro sn2-eth1:/export\n")->findings, IsEmpty());
}

TEST(Autofs, LeavesCommentsAndWhatIsNoNfsLocation) {
  for (const char* text :
       {"# apps -ro sn1-eth1:/x\n", "apps -ro # sn1-eth1:/x\n", "# a \\\napps -ro sn1-eth1:/x\n",
        "sn1-eth1 -ro :/dev/sda1\n", "x -fstype=ext4,ro ://sn1-eth1/x\n",
        "x -fstype=autofs,ro sn1-eth1:/x\n", "x -ro sn1-eth1\n", "+sn1-eth1:/x\n",
        "x -ro sn1-eth10:/x\n", "x -ro ${SN}:/sn1-eth1\n", "x -ro\\\nsn1-eth1:/x\n"}) {
    EXPECT_EQ(kMap.after(text), text);
    EXPECT_THAT(kMap.references(text), IsEmpty()) << text;
  }
}

TEST(Autofs, AHashWithinAWordIsNoComment) {
  EXPECT_EQ(kMap.after("x -ro y#z:/x sn1-eth1:/a#b\n"), "x -ro y#z:/x sn2-eth1:/a#b\n");
}

TEST(Autofs, OffsetsHaveTheirOwnOptionsAfterThoseOfTheEntry) {
  EXPECT_EQ(kMap.after("src -ro / sn1-eth1:/a \\\n  /rw -rw sn1-eth1:/b \\\n  /c sn1-eth1:/c\n"),
            "src -ro / sn2-eth1:/a \\\n  /rw -rw sn1-eth1:/b \\\n  /c sn2-eth1:/c\n");
  EXPECT_EQ(kMap.after("src sn1-eth1:/a /b -ro sn1-eth1:/b\n"),
            "src sn1-eth1:/a /b -ro sn2-eth1:/b\n");
}

TEST(Autofs, LeavesOneOfTwoEqualServers) {
  EXPECT_EQ(kMap.after("x -ro sn1-eth1,sn3-eth1,sn2-eth1(2):/x\n"),
            "x -ro sn3-eth1,sn2-eth1(2):/x\n");
  EXPECT_EQ(kMap.after("x -ro sn2-eth1,sn1-eth1(4):/x\n"), "x -ro sn2-eth1:/x\n");
  EXPECT_EQ(kMap.after("x -ro sn1-eth1:/x \\\n\tsn2-eth1:/x\n"), "x -ro \\\n\tsn2-eth1:/x\n");
  EXPECT_EQ(kMap.after("x -ro sn2-eth1:/x \\\n\tsn1-eth1:/x\n"), "x -ro sn2-eth1:/x \\\n\n");
  // Another path is another place to look.
  EXPECT_EQ(kMap.after("x -ro sn1-eth1:/x sn2-eth1:/y\n"), "x -ro sn2-eth1:/x sn2-eth1:/y\n");
}

TEST(Autofs, ReadsQuotedWords) {
  EXPECT_EQ(kMap.after("\"a b\" -ro \"sn1-eth1:/a b\"\n"), "\"a b\" -ro \"sn2-eth1:/a b\"\n");
  EXPECT_EQ(kMap.after("x -ro sn1-eth1:/a\\ sn1-eth1:/b\n"), "x -ro sn2-eth1:/a\\ sn1-eth1:/b\n");
}

TEST(Autofs, MovesTheServersNamedInOptions) {
  EXPECT_EQ(kMap.after("x -ro,mountaddr=10.1.2.100 sn1-eth1:/x\n"),
            "x -ro,mountaddr=10.1.2.101 sn2-eth1:/x\n");
}

TEST(Autofs, NeverTouchesWhatBelongsToTheExternalNfsServer) {
  EXPECT_EQ(kMap.after("x -ro nfsha,sn1-eth1:/x\n"), "x -ro nfsha,sn2-eth1:/x\n");
  EXPECT_THAT(kMap.references("x -ro nfsha:/x\n"),
              ElementsAre("/etc/auto.apps:1 read-only mount nfsha nfsha keep"));
}

TEST(Autofs, AKeyThatIsTheServersNameStaysAndIsNamed) {
  const char* text = "sn1-eth1 -ro &:/export\n";
  EXPECT_EQ(kMap.after(text), text);
  EXPECT_THAT(kMap.references(text), ElementsAre("/etc/auto.apps:1 key sn1-eth1 SN1P move"));
  Reference key;
  key.label = "key";
  EXPECT_THAT(text_of(kMap.kind->why_it_stays(key).why), HasSubstr("key"));
}

TEST(Autofs, DoesNotUnderstandProgramsAndAmdsMaps) {
  EXPECT_EQ(kMap.error("#!/bin/sh\necho -ro sn1-eth1:/x\n").what, ErrorClass::corrupt);
  const Error amd = kMap.error("\n/defaults type:=nfs\nx rhost:=sn1-eth1;rfs:=/x\n");
  EXPECT_EQ(amd.what, ErrorClass::corrupt);
  EXPECT_EQ(amd.to, "/etc/auto.apps:2");
}

TEST(Autofs, MovesTheServerOfAnLdapMap) {
  EXPECT_EQ(kMaster.after("/home ldap:sn1-eth1:ou=auto.home,dc=d -ro\n"
                          "/a ldap://10.1.1.100:389/ou=a\n/b ldaps,sun://[fd00:1::100]/ou=b\n"
                          "/c multi:/etc/auto.c -- ldap:sn1-hf0:ou=c\n+ldap:SN1P:ou=auto.master\n"),
            "/home ldap:sn2-eth1:ou=auto.home,dc=d -ro\n"
            "/a ldap://10.1.1.101:389/ou=a\n/b ldaps,sun://[fd00:1::101]/ou=b\n"
            "/c multi:/etc/auto.c -- ldap:sn2-hf0:ou=c\n+ldap:SN2P:ou=auto.master\n");
}

TEST(Autofs, InTheMasterMapOnlyMapServersAreReferences) {
  for (const char* text : {"/sn1-eth1 /etc/auto.apps -ro,addr=10.1.1.100\n",
                           "/home ldap:ou=sn1-eth1,dc=x\n", "/x file:/etc/sn1-eth1:/x\n",
                           "#/home ldap:sn1-eth1:ou=a\n", "/net -hosts\n", "/x yp:sn1-eth1\n"}) {
    EXPECT_EQ(kMaster.after(text), text);
    EXPECT_THAT(kMaster.references(text), IsEmpty()) << text;
  }
}

TEST(Autofs, SaysWhichMapsItCannotSee) {
  const auto plan = kMaster.plan(
      "/a /etc/auto.a\n/b program:/etc/x\n/net -hosts\n+auto.master\n/c yp:auto.c\n/d dir:/x\n");
  ASSERT_TRUE(plan);
  std::vector<std::string> said;
  for (const auto& finding : plan->findings) {
    EXPECT_EQ(finding.what, FindingClass::note);
    said.push_back(finding.place + " " + text_of(finding.reason));
  }
  EXPECT_THAT(
      said,
      ElementsAre("/etc/auto.master:2 a map of type program is not looked at; it may name anybody",
                  "/etc/auto.master:5 a map of type yp is not looked at; it may name anybody"));
}

TEST(Autofs, MovesReadWriteLocationsOfWhatEveryServiceNodeExportsFromOneBackEnd) {
  Planning planning("autofs", "/etc/auto.home");
  planning.directory.shared_paths = {{"/home", true, ""}};
  EXPECT_EQ(planning.after("* -rw sn1-eth1:/home/&\nx sn1-eth1:/other sn1-eth1:\"/home/a b\"\n"),
            "* -rw sn2-eth1:/home/&\nx sn1-eth1:/other sn2-eth1:\"/home/a b\"\n");
}

TEST(Autofs, FollowsTheMapsThatTheMasterNames) {
  std::vector<std::string> named;
  for (const auto& include : kMaster.kind->includes(
           "/etc/auto.master",
           "# /x /etc/auto.no\n/a /srv/maps/apps -ro /etc/not\n/b auto.home\n/c file,sun:/etc/c\n"
           "/d yp:auto.d\n/net -hosts\n/e program:/etc/e.sh\n/f multi:/etc/f -- file:/etc/g\n"
           "+dir:/etc/auto.master.d\n+auto.master\n+/etc/auto.site\n/- /etc/auto.direct\n")) {
    ASSERT_EQ(include.patterns.size(), 1U);
    named.push_back(include.patterns[0] + (include.as == Autofs::master() ? " master" : " map"));
  }
  EXPECT_THAT(named,
              ElementsAre("/srv/maps/apps map", "/etc/auto.home map", "/etc/c map", "/etc/e.sh map",
                          "/etc/f map", "/etc/g map", "/etc/auto.master.d/*.autofs master",
                          "/etc/auto.site master", "/etc/auto.direct map"));
}

TEST(Autofs, FollowsTheMapsThatAMapNames) {
  const auto includes = Autofs::map(false)->includes(
      "/srv/apps", "+auto_more\nx -fstype=autofs,ro file:/etc/auto.sub\ny -ro sn1-eth1:/y\n");
  ASSERT_EQ(includes.size(), 2U);
  EXPECT_THAT(includes[0].patterns, ElementsAre("/etc/auto_more"));
  EXPECT_THAT(includes[1].patterns, ElementsAre("/etc/auto.sub"));
}

TEST(Autofs, NamesMountsOfOtherTypesAndLeavesThem) {
  const char* text = "k -fstype=cifs,ro ://sn1-eth1/x\nm -fstype=glusterfs sn1-eth1:/gv0\n";
  EXPECT_EQ(kMap.after(text), text);
  const auto plan = kMap.plan(text);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 2U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::left);
  EXPECT_EQ(plan->findings[0].place, "/etc/auto.apps:1");
  EXPECT_EQ(plan->findings[1].place, "/etc/auto.apps:2");
}

TEST(Autofs, IsAMasterOrAMapAsItWasNamed) {
  Planning master("autofs", "/etc/auto.site");
  master.kind = Autofs::master();
  EXPECT_EQ(master.after("/home ldap:sn1-eth1:ou=a\n"), "/home ldap:sn2-eth1:ou=a\n");
  Planning map("autofs", "/srv/site.autofs");
  map.kind = Autofs::map(false);
  EXPECT_EQ(map.after("x -ro sn1-eth1:/x\n"), "x -ro sn2-eth1:/x\n");
}

TEST(Autofs, AVariableMovesWhereAllIsReadOnlyAndIsNamedElsewhere) {
  EXPECT_EQ(kMaster.after("/apps /etc/auto.apps -ro,hard -DSRV=sn1-eth1\n"
                          "/b /etc/b -DSRV=\"10.1.1.100\",ro\n/c /etc/c -ro -D P=sn1-eth1:/x\n"),
            "/apps /etc/auto.apps -ro,hard -DSRV=sn2-eth1\n"
            "/b /etc/b -DSRV=\"10.1.1.101\",ro\n/c /etc/c -ro -D P=sn2-eth1:/x\n");
  const char* text = "/home /etc/auto.home -DSRV=sn1-eth1\n";
  EXPECT_EQ(kMaster.after(text), text);
  EXPECT_THAT(kMaster.references(text),
              ElementsAre("/etc/auto.master:1 map variable sn1-eth1 SN1P move"));
  const auto plan = kMaster.plan(text);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::left);
  EXPECT_EQ(plan->findings[0].place, "/etc/auto.master:1");
}

TEST(Autofs, ReadsTheSettingsOfItsDaemon) {
  const Planning conf("autofs", "/etc/autofs.conf");
  EXPECT_EQ(conf.after("[ autofs ]\nldap_uri = \"ldap://sn1-eth1/ ldap://x:389\"\ntimeout = 300\n"),
            "[ autofs ]\nldap_uri = \"ldap://sn2-eth1/ ldap://x:389\"\ntimeout = 300\n");
  const Planning environment("autofs", "/etc/sysconfig/autofs");
  const char* text = "OPTIONS=\"-DSRV=sn1-eth1\"\n";
  EXPECT_EQ(environment.after(text), text);
  EXPECT_EQ(environment.plan(text)->findings.size(), 1U);
  // Found by the fuzzer: what is in a variable's value is named, also where it is not all of it.
  for (const std::string odd : {"S=,-D=sn1-eth1=\n", "OPTIONS=\"-DURL=nfs://sn1-eth1/x\"\n"}) {
    EXPECT_EQ(environment.after(odd), odd);
    EXPECT_EQ(environment.plan(odd)->findings.size(), 1U) << odd;
  }
  EXPECT_EQ(environment.after("LDAP_URI=\"ldap://sn1-eth1\"\n"), "LDAP_URI=\"ldap://sn2-eth1\"\n");
  const auto named =
      environment.kind->includes("/etc/sysconfig/autofs", "MASTER_MAP_NAME=\"/etc/auto.own\"\n");
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].as, Autofs::master());
}

TEST(Autofs, IsSecondaryAndReloadsItsService) {
  EXPECT_EQ(kMap.kind->tier(), Tier::secondary);
  EXPECT_EQ(kMap.kind->service(), "autofs");
}

// Nobody's data is lost for the other line's sake.
TEST(Autofs, AMapThatIsNamedReadOnlyAndReadWriteIsReadWrite) {
  const FileKind* read_only = Autofs::map(true);
  const FileKind* read_write = Autofs::map(false);
  EXPECT_EQ(read_only->joined_with(*read_write), read_write);
  EXPECT_EQ(read_write->joined_with(*read_only), read_write);
  EXPECT_EQ(read_only->joined_with(*read_only), read_only);
}

}  // namespace
}  // namespace sn::agent
