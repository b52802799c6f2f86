#include "agent/references/statelite.h"

#include "tests/unit/agent/references/planning.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Planning kStatements("statelite", "/statelite.table");
const Planning kTree("statelite", "/litetree.table");
const Planning kBootList("statelite", "/.statelite/litetree");

TEST(Statelite, KeepsTheServerOfAPersistentDirectory) {
  const char* text = "cn1|10.1.1.100|/persist|soft\ncn1|sn1-eth1|/persist|\n";
  EXPECT_EQ(kStatements.after(text), text);
  EXPECT_THAT(kStatements.references(text),
              ElementsAre("/statelite.table:1 read-write mount 10.1.1.100 SN1P keep",
                          "/statelite.table:2 read-write mount sn1-eth1 SN1P keep"));
}

TEST(Statelite, NeverTouchesWhatBelongsToTheExternalNfsServer) {
  const char* text = "cn1|10.1.9.9|/persist|ro\ncn1|nfsha|/persist|ro\n";
  EXPECT_EQ(kStatements.after(text), text);
  EXPECT_EQ(kTree.after(text), text);
}

TEST(Statelite, MovesReadOnlyTreesWhateverTheNode) {
  EXPECT_EQ(kTree.after("cn1|10.1.1.100|/lt|ro\ncn10 | sn1-eth1 |/lt|soft,ro\ncn2|sn1-eth1|/lt|\n"),
            "cn1|10.1.1.101|/lt|ro\ncn10 | sn2-eth1 |/lt|soft,ro\ncn2|sn1-eth1|/lt|\n");
}

TEST(Statelite, OfEqualTreesTheFirstIsSearchedFirst) {
  EXPECT_EQ(
      kTree.after("a|sn1-eth1|/lt|ro\na|sn3-eth1|/lt|ro\na|sn2-eth1|/lt|ro\nb|sn2-eth1|/lt|\n"),
      "a|sn2-eth1|/lt|ro\na|sn3-eth1|/lt|ro\nb|sn2-eth1|/lt|\n");
}

TEST(Statelite, MovesAPersistentDirectoryThatEveryServiceNodeExportsFromOneBackEnd) {
  Planning planning("statelite", "/statelite.table");
  planning.directory.shared_paths = {{"/persist", true, ""}};
  EXPECT_EQ(planning.after("cn1|10.1.1.100|/persist|soft\ncn1|10.1.1.100|/other|soft\n"),
            "cn1|10.1.1.101|/persist|soft\ncn1|10.1.1.100|/other|soft\n");
}

TEST(Statelite, LeavesCommentsAndOtherColumns) {
  for (const char* text :
       {"#cn1|10.1.1.100|/lt|ro\n", "sn1-eth1|x|/sn1-eth1|ro\n", "cn1|10.1.1.100\n",
        "cn1||10.1.1.100|ro\n", "cn1|10.1.1.1001|/lt|ro\n"}) {
    EXPECT_EQ(kTree.after(text), text);
    EXPECT_THAT(kTree.references(text), IsEmpty()) << text;
  }
}

TEST(Statelite, WhatTheLastBootWasGivenChangesAtTheNextOne) {
  const char* text = "# sn1-eth1:/x\nsn1-eth1:/lt\n10.1.9.9:/lt\n/local/sn1-eth1\n";
  EXPECT_EQ(kBootList.after(text), text);
  EXPECT_THAT(kBootList.references(text),
              ElementsAre("/.statelite/litetree:2 image source sn1-eth1 SN1P boot-time only",
                          "/.statelite/litetree:3 image source 10.1.9.9 nfsha keep"));
}

}  // namespace
}  // namespace sn::agent
