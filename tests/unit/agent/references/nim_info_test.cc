#include "agent/references/nim_info.h"

#include "agent/references/lines.h"
#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Planning kNim("niminfo");

TEST(NimInfo, RefusesAMaster) {
  for (const char* text : {"export NIM_NAME=master\n", "NIM_NAME=\"master\"\nSPOT=x:/y\n"}) {
    const Error error = kNim.error(text);
    EXPECT_EQ(error.what, ErrorClass::invalid_input);
    EXPECT_THAT(error.message(), HasSubstr("/etc/niminfo:1: this is a NIM master"));
  }
  EXPECT_EQ(kNim.after("export NIM_NAME=master2\n"), "export NIM_NAME=master2\n");
}

TEST(NimInfo, ChangesNameAndMachineIdTogether) {
  EXPECT_EQ(kNim.after("export NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_MASTERID=00C1A2B34C00\n"),
            "export NIM_MASTER_HOSTNAME=sn2-eth1\nexport NIM_MASTERID=00D4E5F60A00\n");
}

TEST(NimInfo, ChangesTheNameAloneWithoutAMachineIdVariable) {
  EXPECT_EQ(kNim.after("NIM_MASTER_HOSTNAME=sn1-eth1\n"), "NIM_MASTER_HOSTNAME=sn2-eth1\n");
  EXPECT_EQ(kNim.after("NIM_MASTER_HOSTNAME=sn1-eth1\nNIM_MASTERID=\"\"\n"),
            "NIM_MASTER_HOSTNAME=sn2-eth1\nNIM_MASTERID=\"\"\n");
}

TEST(NimInfo, RefusesWhenTheNewMachineIdIsUnknown) {
  Planning planning("niminfo");
  planning.directory.service_nodes[1].nim_master_id.clear();
  const Error error =
      planning.error("NIM_MASTER_HOSTNAME=sn1-eth1\nexport NIM_MASTERID=00C1A2B34C00\n");
  EXPECT_EQ(error.what, ErrorClass::invalid_input);
  EXPECT_THAT(error.message(), HasSubstr("/etc/niminfo:2: the NIM machine id of SN2P"));
  EXPECT_THAT(text_of(error.cure), HasSubstr("nim_master_id of SN2P"));
  EXPECT_EQ(planning.after("NIM_MASTER_HOSTNAME=sn1-eth1\n"), "NIM_MASTER_HOSTNAME=sn2-eth1\n");
}

TEST(NimInfo, RefusesAMachineIdOfSomebodyElse) {
  for (const char* id : {"00AAAAAAAA00", "00E7F8091B00"}) {
    const Error error =
        kNim.error("NIM_MASTER_HOSTNAME=sn1-eth1\nNIM_MASTERID=" + std::string(id) + "\n");
    EXPECT_EQ(error.what, ErrorClass::conflict) << id;
    EXPECT_THAT(error.message(), HasSubstr(id));
  }
}

TEST(NimInfo, RefusesAMachineIdThatDoesNotBelongToTheName) {
  const Error error = kNim.error("NIM_MASTER_HOSTNAME=mn\nNIM_MASTERID=00C1A2B34C00\n");
  EXPECT_EQ(error.what, ErrorClass::conflict);
}

TEST(NimInfo, FinishesAHalfMovedPair) {
  EXPECT_EQ(kNim.after("NIM_MASTER_HOSTNAME=sn2-eth1\nNIM_MASTERID=00C1A2B34C00\n"),
            "NIM_MASTER_HOSTNAME=sn2-eth1\nNIM_MASTERID=00D4E5F60A00\n");
  EXPECT_EQ(kNim.after("NIM_MASTER_HOSTNAME=sn1-eth1\nNIM_MASTERID=00d4e5f60a00\n"),
            "NIM_MASTER_HOSTNAME=sn2-eth1\nNIM_MASTERID=00d4e5f60a00\n");
}

TEST(NimInfo, LeavesAMasterThatIsNoServiceNodeOfTheMove) {
  const std::string text =
      "NIM_MASTER_HOSTNAME=sn3-eth1\nNIM_MASTERID=00E7F8091B00\nNIM_HOSTS=\"10.1.1.102:sn3-"
      "eth1\"\n";
  EXPECT_EQ(kNim.after(text), text);
}

TEST(NimInfo, KeepsContinuationLinesByteForByte) {
  EXPECT_EQ(kNim.after("export NIM_HOSTS=\" 127.0.0.1:loopback \\\n\t10.1.1.100:sn1-eth1 \\\n"
                       "\t10.1.9.9:nfsha\"\nNIM_MASTER_HOSTNAME=\\\nsn1-eth1\n"),
            "export NIM_HOSTS=\" 127.0.0.1:loopback \\\n\t10.1.1.100:sn1-eth1 "
            "10.1.1.101:sn2-eth1 \\\n\t10.1.9.9:nfsha\"\nNIM_MASTER_HOSTNAME=\\\nsn2-eth1\n");
}

// Found by fuzzing: the closing quote went with the name, and the file could not be read again.
TEST(NimInfo, KeepsQuotesAndContinuationsInsideAToken) {
  EXPECT_EQ(kNim.after("NIM_MASTER_HOSTNAME=\"sn1-eth1.d.exampl\"e\n"),
            "NIM_MASTER_HOSTNAME=\"sn2-eth1.d.example\"\n");
  EXPECT_EQ(kNim.after("NIM_MASTER=sn1\\-\\\neth1\nX=1\n"), "NIM_MASTER=sn2-eth1\\\n\nX=1\n");
  EXPECT_EQ(kNim.after("ROUTES=\"a:0:10.1.1.100 a:0:10.1.1.1\"00\\ b:0:c\n"),
            "ROUTES=\"a:0:10.1.1.101\"\\ b:0:c\n");
}

TEST(NimInfo, NamesThePlaceOfAnUnclosedQuote) {
  const Error error = kNim.error("NIM_NAME=cn1\nexport PADMIN_PASSWD=\"geheim\nROUTES=x\n");
  EXPECT_EQ(error.what, ErrorClass::corrupt);
  EXPECT_EQ(error.to, "/etc/niminfo:2");
  EXPECT_THAT(error.message(), testing::Not(HasSubstr("geheim")));
}

TEST(NimInfo, AddsAHostInTheFormOfTheOldEntry) {
  EXPECT_EQ(kNim.after("NIM_HOSTS=\"10.1.1.100:sn1-eth1.d.example 10.1.9.9:nfsha\"\n"),
            "NIM_HOSTS=\"10.1.1.100:sn1-eth1.d.example 10.1.1.101:sn2-eth1.d.example "
            "10.1.9.9:nfsha\"\n");
  EXPECT_EQ(kNim.after("NIM_HOSTS=\"10.1.2.100:sn1-hf0\"\n"),
            "NIM_HOSTS=\"10.1.2.100:sn1-hf0 10.1.2.101:sn2-hf0\"\n");
}

TEST(NimInfo, AddsAHostOfItsOwnNetworkWithoutAnOldEntry) {
  EXPECT_EQ(kNim.after("NIM_MASTER_HOSTNAME=sn1-eth1.d.example\nNIM_HOSTS=\" 10.1.9.9:nfsha \"\n"),
            "NIM_MASTER_HOSTNAME=sn2-eth1.d.example\n"
            "NIM_HOSTS=\" 10.1.9.9:nfsha 10.1.1.101:sn2-eth1.d.example \"\n");
  EXPECT_EQ(kNim.after("NIM_MASTER=10.1.1.100\nNIM_HOSTS=\"\"\n"),
            "NIM_MASTER=10.1.1.101\nNIM_HOSTS=\"10.1.1.101:sn2-eth1\"\n");
  EXPECT_EQ(kNim.after("NIM_MASTER=10.1.1.100\nNIM_HOSTS=\n"),
            "NIM_MASTER=10.1.1.101\nNIM_HOSTS=\"10.1.1.101:sn2-eth1\"\n");
}

TEST(NimInfo, QuotesABareListThatBecomesTwo) {
  EXPECT_EQ(kNim.after("export NIM_HOSTS=10.1.1.100:sn1-eth1 # one\n"),
            "export NIM_HOSTS=\"10.1.1.100:sn1-eth1 10.1.1.101:sn2-eth1\" # one\n");
}

TEST(NimInfo, AddsNothingWhereTheNewHostIsListedOrTheVariableIsMissing) {
  for (const char* text : {"NIM_HOSTS=\"10.1.1.101:backup 10.1.1.100:sn1-eth1\"\n",
                           "NIM_NAME=cn1\nMOUNTS=\"\"\n", "NIM_HOSTS=\"10.1.9.9:nfsha\"\n"}) {
    EXPECT_EQ(kNim.after(text), text);
  }
}

TEST(NimInfo, RefusesAHostsListThatGivesTheNewNameToAnother) {
  const Error error = kNim.error("X=1\nNIM_HOSTS=\"10.1.1.100:sn1-eth1\n 10.7.7.7:SN2-eth1\"\n");
  EXPECT_EQ(error.what, ErrorClass::conflict);
  EXPECT_EQ(error.to, "/etc/niminfo:3");
}

TEST(NimInfo, DropsARouteThatBecomesASecondEqualOne) {
  EXPECT_EQ(kNim.after("ROUTES=\" default:0:10.1.1.100 10.4.0.0:255.255.0.0:10.1.1.100 "
                       "default:0:10.1.1.101 \"\n"),
            "ROUTES=\" default:0:10.1.1.101 10.4.0.0:255.255.0.0:10.1.1.101 \"\n");
}

TEST(NimInfo, NeverRewritesWhatMountsTheNode) {
  const std::string text =
      "SPOT=sn1-eth1:/spot/usr\nROOT=\"10.1.1.100:/root/cn1\"\n"
      "MOUNTS=\" nfsha:/paging:/swap sn1-eth1:/home:/home \"\nDUMP=sn1-eth1:/dump\n";
  EXPECT_EQ(kNim.after(text), text);
  const auto plan = kNim.plan(text);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->findings.size(), 4U);
  EXPECT_EQ(plan->findings[0].what, FindingClass::note);
  EXPECT_EQ(plan->findings[0].place, "/etc/niminfo:1");
  EXPECT_THAT(text_of(plan->findings[0].reason), HasSubstr("SPOT names SN1P"));
  EXPECT_THAT(text_of(plan->findings[0].cure), HasSubstr("kernel's mount table"));
  EXPECT_THAT(text_of(plan->findings[3].reason), HasSubstr("not supported"));
  EXPECT_THAT(kNim.references(text), ElementsAre("/etc/niminfo:1 SPOT sn1-eth1 SN1P keep",
                                                 "/etc/niminfo:2 ROOT 10.1.1.100 SN1P keep",
                                                 "/etc/niminfo:3 MOUNTS nfsha nfsha keep",
                                                 "/etc/niminfo:3 MOUNTS sn1-eth1 SN1P keep",
                                                 "/etc/niminfo:4 DUMP sn1-eth1 SN1P keep"));
}

TEST(NimInfo, MatchesNoPasswordNoCommentAndNoPath) {
  const std::string text =
      "# sn1-eth1\nexport PADMIN_PASSWD=sn1-eth1\nNIM_SERVER=10.1.1.100\n"
      "NIM_CUSTOM=\"x -a location=nfsha:/sn1-eth1: -a mylocation=sn1-eth1:/x\"\n"
      "NIM_MASTER_HOSTNAME=sn1-eth10 # sn1-eth1\necho NIM_MASTER=sn1-eth1\n";
  EXPECT_EQ(kNim.after(text), text);
  EXPECT_THAT(kNim.references(text), ElementsAre("/etc/niminfo:4 NIM_CUSTOM nfsha nfsha keep"));
}

TEST(NimInfo, ListsReferencesToOtherServersToo) {
  EXPECT_THAT(kNim.references("NIM_MASTER_HOSTNAME=sn3-eth1\nNIM_MASTERID=00e7f8091b00\n"
                              "NIM_HOSTS=\"\n10.1.9.9:nfsha\n10.1.1.100:sn1-eth1\"\n"),
              ElementsAre("/etc/niminfo:1 NIM_MASTER_HOSTNAME sn3-eth1 SN3P move",
                          "/etc/niminfo:2 NIM_MASTERID 00e7f8091b00 SN3P move",
                          "/etc/niminfo:4 NIM_HOSTS 10.1.9.9 nfsha keep",
                          "/etc/niminfo:5 NIM_HOSTS 10.1.1.100 SN1P keep"));
}

TEST(NimInfo, MovesSeveralServiceNodesAtOnce) {
  Planning planning("niminfo");
  planning.move.from = {"SN1P", "SN3P"};
  EXPECT_EQ(planning.after("NIM_MASTER_HOSTNAME=sn3-eth1\nNIM_MASTERID=00C1A2B34C00\n"
                           "ROUTES=\"default:0:10.1.1.100 default:0:10.1.1.102\"\n"),
            "NIM_MASTER_HOSTNAME=sn2-eth1\nNIM_MASTERID=00D4E5F60A00\n"
            "ROUTES=\"default:0:10.1.1.101\"\n");
}

TEST(NimInfo, NamesTheNetworkWithoutAnAddress) {
  Planning planning("niminfo");
  planning.directory.service_nodes[1].addresses.erase(
      planning.directory.service_nodes[1].addresses.begin());
  const Error error = planning.error("X=1\nROUTES=\"default:0:10.1.1.100\"\n");
  EXPECT_EQ(error.what, ErrorClass::invalid_input);
  EXPECT_THAT(error.message(), HasSubstr("10.1.1.0/24"));
  EXPECT_THAT(error.to, HasSubstr("/etc/niminfo:2"));
}

TEST(NimInfo, IsRestartedThroughNimsh) { EXPECT_EQ(kNim.kind->service(), "nimsh"); }

TEST(NimInfo, RefusesAFileThatIsTooLargeOrBinary) {
  EXPECT_EQ(kNim.error(std::string(kLargestFileBytes + 1, '#')).what, ErrorClass::limit);
  EXPECT_EQ(kNim.error(std::string("A=1\nB=\0", 7)).to, "/etc/niminfo:2");
  EXPECT_THAT(kNim.plan("")->edits, IsEmpty());
}

}  // namespace
}  // namespace sn::agent
