#include "agent/references/xcat_info.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

const Planning kXcat("xcatinfo");

TEST(XcatInfo, KeepsTheFormAndTheQuotes) {
  EXPECT_EQ(kXcat.after("XCATSERVER=10.1.1.100"), "XCATSERVER=10.1.1.101");
  EXPECT_EQ(kXcat.after("XCATSERVER='sn1-eth1'\r\n"), "XCATSERVER='sn2-eth1'\r\n");
  EXPECT_EQ(kXcat.after(" XCATSERVER=\" sn1-eth1.d.example \" \n"),
            " XCATSERVER=\" sn2-eth1.d.example \" \n");
  EXPECT_EQ(kXcat.after("XCATSERVER=SN1P:3001\n"), "XCATSERVER=SN2P:3001\n");
  EXPECT_EQ(kXcat.after("XCATSERVER=fd00:1::100\n"), "XCATSERVER=fd00:1::101\n");
}

TEST(XcatInfo, TakesExactKeysOnly) {
  for (const char* text : {"XCATSERVERX=sn1-eth1\n", "MYXCATSERVER=sn1-eth1\n",
                           "xcatserver=sn1-eth1\n", "#XCATSERVER=sn1-eth1\n", "NODE=sn1-eth1\n",
                           "XCATSERVER=sn1-eth10\n", "XCATSERVER=\n", "XCATSERVER\n"}) {
    EXPECT_EQ(kXcat.after(text), text);
  }
}

TEST(XcatInfo, PutsTheNewServiceNodeInFrontOfTheGroup) {
  EXPECT_EQ(kXcat.after("SERVICEGROUP=sn1p,sn2p,sn3p\n"), "SERVICEGROUP=sn2p,sn1p,sn3p\n");
  EXPECT_EQ(kXcat.after("SERVICEGROUP=sn3p,sn1p,sn2p\n"), "SERVICEGROUP=sn2p,sn3p,sn1p\n");
  EXPECT_EQ(kXcat.after("SERVICEGROUP='sn1p, sn3p'\n"), "SERVICEGROUP='SN2P,sn1p, sn3p'\n");
  EXPECT_EQ(kXcat.after("SERVICEGROUP=sn1p,sn2p,SN2P\n"), "SERVICEGROUP=sn2p,sn1p\n");
  EXPECT_EQ(kXcat.after("SERVICEGROUP=sn1-eth1,sn3-eth1\n"),
            "SERVICEGROUP=sn2-eth1,sn1-eth1,sn3-eth1\n");
}

TEST(XcatInfo, LeavesAGroupWithoutTheOldServiceNode) {
  for (const char* text :
       {"SERVICEGROUP=sn3p,sn2p\n", "SERVICEGROUP=\n", "SERVICEGROUP=sn2p,sn1p\n"}) {
    EXPECT_EQ(kXcat.after(text), text);
  }
}

TEST(XcatInfo, NamesThePlaceOfAnUnclosedQuote) {
  const Error error = kXcat.error("NODE='x\nXCATSERVER='sn1-eth1\n");
  EXPECT_EQ(error.what, ErrorClass::corrupt);
  EXPECT_EQ(error.to, "/etc/xcatinfo:2");
}

TEST(XcatInfo, ListsServerAndGroup) {
  EXPECT_THAT(kXcat.references("XCATSERVER='nfsha'\nSERVICEGROUP=sn1p,x,sn3p\n"),
              ElementsAre("/etc/xcatinfo:1 XCATSERVER nfsha nfsha keep",
                          "/etc/xcatinfo:2 SERVICEGROUP sn1p SN1P keep",
                          "/etc/xcatinfo:2 SERVICEGROUP sn3p SN3P keep"));
}

}  // namespace
}  // namespace sn::agent
