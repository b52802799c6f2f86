#include "agent/references/fstab.h"

#include "tests/unit/agent/references/planning.h"
#include "tests/vectors/shared_paths.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Planning kFstab("fstab");

TEST(Fstab, MovesReadOnlyNfsLinesAndKeepsEveryOtherByte) {
  EXPECT_EQ(kFstab.after("sn1-eth1:/install  /install\tnfs ro,tcp 0 0 \n"
                         "10.1.1.100:/x /x nfs4 nosuid,ro\n"),
            "sn2-eth1:/install  /install\tnfs ro,tcp 0 0 \n"
            "10.1.1.101:/x /x nfs4 nosuid,ro\n");
}

TEST(Fstab, KeepsAReadWriteLineAndSaysWhy) {
  for (const char* text :
       {"sn1-eth1:/home /home nfs rw 0 0\n", "sn1-eth1:/home /home nfs defaults 0 0\n",
        "sn1-eth1:/home /home nfs\n", "sn1-eth1:/home /home nfs ro,rw 0 0\n",
        "sn1-eth1:/home /home nfs root,xro,ro=1 0 0\n"}) {
    EXPECT_EQ(kFstab.after(text), text);
    EXPECT_THAT(kFstab.references(text),
                ElementsAre("/etc/fstab:1 read-write mount sn1-eth1 SN1P keep"));
  }
  const WhyItStays stays = kFstab.kind->why_it_stays({});
  EXPECT_THAT(text_of(stays.why), HasSubstr("read-write"));
  EXPECT_THAT(text_of(stays.cure), HasSubstr("[[shared_path]]"));
}

TEST(Fstab, OfRoAndRwTheLastCounts) {
  EXPECT_EQ(kFstab.after("sn1-eth1:/x /x nfs rw,ro 0 0\n"), "sn2-eth1:/x /x nfs rw,ro 0 0\n");
}

TEST(Fstab, LeavesCommentsOtherTypesAndWhatOnlyLooksLikeAServer) {
  for (const char* text :
       {"#sn1-eth1:/x /x nfs ro 0 0\n", "  # sn1-eth1:/x /x nfs ro 0 0\n",
        "sn1-eth1:/x /x ext4 ro 0 0\n", "sn1-eth1 /x nfs ro 0 0\n", ":/x /x nfs ro 0 0\n",
        "/srv/sn1-eth1/x /x none bind,ro 0 0\n", "/sn1-eth1:/x /x nfs ro 0 0\n",
        "sn1-eth1:/x nfs\n", "sn1-eth10:/x /x nfs ro 0 0\n", "x:/sn1-eth1 /sn1-eth1 nfs ro 0 0\n",
        "[fd00:1::100:/x /x nfs ro 0 0\n", "LABEL=sn1-eth1:/x /x nfs ro\n"}) {
    EXPECT_EQ(kFstab.after(text), text);
    EXPECT_THAT(kFstab.references(text), IsEmpty()) << text;
  }
}

TEST(Fstab, MovesTheServersNamedInOptions) {
  EXPECT_EQ(kFstab.after("sn1-eth1:/x /x nfs ro,addr=10.1.1.100,mountaddr=10.1.2.100,"
                         "mounthost=sn1-hf0,clientaddr=10.1.1.100\n"),
            "sn2-eth1:/x /x nfs ro,addr=10.1.1.101,mountaddr=10.1.2.101,"
            "mounthost=sn2-hf0,clientaddr=10.1.1.100\n");
  EXPECT_EQ(kFstab.after("x:/x /x nfs context=\"a,addr=10.1.1.100\",ro,mountaddr=fd00:1::100\n"),
            "x:/x /x nfs context=\"a,addr=10.1.1.100\",ro,mountaddr=fd00:1::101\n");
}

TEST(Fstab, NeverTouchesWhatBelongsToTheExternalNfsServer) {
  const char* text = "nfsha:/x /x nfs ro,addr=10.1.9.9\n";
  EXPECT_EQ(kFstab.after(text), text);
  EXPECT_THAT(kFstab.references(text),
              ElementsAre("/etc/fstab:1 read-only mount nfsha nfsha keep",
                          "/etc/fstab:1 read-only mount 10.1.9.9 nfsha keep"));
}

TEST(Fstab, LeavesTheLineTheNewServiceNodeHasForThePlace) {
  EXPECT_EQ(kFstab.after("sn1-eth1:/x /x nfs ro 0 0\nsn2-eth1:/x /x nfs ro,soft 0 0\n"),
            "sn2-eth1:/x /x nfs ro,soft 0 0\n");
  EXPECT_EQ(kFstab.after("sn1-eth1:/x /x nfs ro 0 0\nsn2-eth1:/x /y nfs ro 0 0\n"),
            "sn2-eth1:/x /x nfs ro 0 0\nsn2-eth1:/x /y nfs ro 0 0\n");
  // The kept one is no line for it to give way to.
  EXPECT_EQ(kFstab.after("sn1-eth1:/x /x nfs rw 0 0\nsn1-eth1:/x /x nfs ro 0 0\n"),
            "sn1-eth1:/x /x nfs rw 0 0\nsn2-eth1:/x /x nfs ro 0 0\n");
}

TEST(Fstab, KnowsSeveralServersInOneSource) {
  EXPECT_EQ(kFstab.after("sn1-eth1,sn3-eth1:/x /x nfs ro\n"), "sn2-eth1,sn3-eth1:/x /x nfs ro\n");
  EXPECT_EQ(kFstab.after("sn1-eth1,sn2-eth1:/x /x nfs ro\n"), "sn2-eth1:/x /x nfs ro\n");
  EXPECT_EQ(kFstab.after("sn2-eth1,sn1-eth1,[fd00:1::100]:/x /x nfs ro\n"),
            "sn2-eth1,[fd00:1::101]:/x /x nfs ro\n");
}

TEST(Fstab, NamesTheLineThatHasNoReplacement) {
  Planning planning("fstab");
  planning.directory.service_nodes[1].addresses.pop_back();
  const Error error = planning.error("\n[fd00:1::100]:/x /x nfs ro\n");
  EXPECT_EQ(error.what, ErrorClass::invalid_input);
  EXPECT_THAT(error.to, HasSubstr("/etc/fstab:2"));
}

TEST(Fstab, MovesAReadWriteLineOfWhatEveryServiceNodeExportsFromOneBackEnd) {
  Planning planning("fstab");
  planning.directory.shared_paths = {{"/shared", true, ""}, {"/shared/own", false, ""}};
  EXPECT_EQ(planning.after("sn1-eth1:/shared /a nfs rw\nsn1-eth1:/shared/x\\040y /b nfs rw\n"
                           "sn1-eth1:/shared/own /c nfs rw\nsn1-eth1:/shared2 /d nfs rw\n"
                           "sn1-eth1:/shared/../x /e nfs rw\n"),
            "sn2-eth1:/shared /a nfs rw\nsn2-eth1:/shared/x\\040y /b nfs rw\n"
            "sn1-eth1:/shared/own /c nfs rw\nsn1-eth1:/shared2 /d nfs rw\n"
            "sn1-eth1:/shared/../x /e nfs rw\n");
  EXPECT_THAT(planning.references("sn1-eth1:/shared /a nfs rw\n"),
              ElementsAre("/etc/fstab:1 read-write mount sn1-eth1 SN1P move"));
}

TEST(Fstab, JudgesPathsAsTheKernelsMountsAreJudged) {
  Planning planning("fstab");
  planning.directory.shared_paths = shared_path_vectors();
  for (const auto& [exported, follows] : shared_path_cases()) {
    EXPECT_EQ(planning.after("sn1-eth1:" + exported + " /x nfs rw\n"),
              (follows ? "sn2-eth1:" : "sn1-eth1:") + exported + " /x nfs rw\n");
  }
}

TEST(Fstab, IsSecondaryAndHasNoService) {
  EXPECT_EQ(kFstab.kind->tier(), Tier::secondary);
  EXPECT_EQ(kFstab.kind->service(), "");
}

TEST(Fstab, NamesMountsOfOtherTypesAndLeavesThem) {
  const Planning fstab("fstab");
  const char* text =
      "//sn1-eth1/apps /apps cifs ro,guest 0 0\n"
      "sn1-eth1:/gv0 /gv0 glusterfs defaults 0 0\n"
      "root@sn1-eth1:/x /x fuse.sshfs ro 0 0\n"
      "x:/gv1 /gv1 glusterfs backup-volfile-servers=sn3-eth1:sn1-eth1 0 0\n"
      "sn2-eth1,[fd00:1::100]:/ /c ceph ro 0 0\n"
      "//x/y /y cifs ip=10.1.1.100 0 0\n"
      "sshfs#u@sn1-eth1:/z /z fuse ro 0 0\n"
      "/srv/sn1-eth1/a /a ext4 ro 0 0\n"
      "//x/sn1-eth1 /n cifs ro 0 0\n"
      "sn1-eth1:/i /i nfs ro 0 0\n";
  const auto plan = fstab.plan(text);
  ASSERT_TRUE(plan);
  std::vector<std::string> left;
  for (const auto& finding : plan->findings) {
    EXPECT_EQ(finding.what, FindingClass::left);
    left.push_back(finding.place);
  }
  EXPECT_THAT(left,
              testing::ElementsAre("/etc/fstab:1", "/etc/fstab:2", "/etc/fstab:3", "/etc/fstab:4",
                                   "/etc/fstab:5", "/etc/fstab:6", "/etc/fstab:7"));
  std::string expected = text;
  expected.replace(expected.find("sn1-eth1:/i"), 8, "sn2-eth1");
  EXPECT_EQ(fstab.after(text), expected);
}

TEST(Fstab, ReadsUrlsAndMappedAddresses) {
  const Planning fstab("fstab");
  EXPECT_EQ(fstab.after("nfs://sn1-eth1/x /x nfs ro 0 0\nnfs://10.1.1.100:2049/y /y nfs4 ro 0 0\n"
                        "[::ffff:10.1.1.100]:/z /z nfs ro 0 0\n"),
            "nfs://sn2-eth1/x /x nfs ro 0 0\nnfs://10.1.1.101:2049/y /y nfs4 ro 0 0\n"
            "[::ffff:10.1.1.101]:/z /z nfs ro 0 0\n");
}

TEST(Fstab, NotesALineThatIsDroppedWithOptionsOfItsOwn) {
  const auto plan =
      Planning("fstab").plan("sn1-eth1:/x /x nfs ro,soft 0 0\nsn2-eth1:/x /x nfs ro,hard 0 0\n");
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].place, "/etc/fstab:1");
}

TEST(Fstab, ALineThatIsNotMountedAtBootTakesNoPlaceOfOneThatIs) {
  EXPECT_EQ(kFstab.after("sn1-eth1:/i /i nfs ro 0 0\nsn2-eth1:/i /i nfs ro,noauto 0 0\n"),
            "sn2-eth1:/i /i nfs ro 0 0\nsn2-eth1:/i /i nfs ro,noauto 0 0\n");
}

}  // namespace
}  // namespace sn::agent
