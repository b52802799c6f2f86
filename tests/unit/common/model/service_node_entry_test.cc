#include "common/model/service_node_entry.h"

#include <gmock/gmock.h>

namespace sn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Directory directory() {
  Directory directory;
  directory.service_nodes.push_back(
      {"SN1P",
       {"sn1", "sn1.d.example"},
       {*NetworkAddress::parse("10.1.1.100/24"), *NetworkAddress::parse("10.1.2.100/24")},
       "00C1A2B34C00"});
  directory.service_nodes.push_back(
      {"SN2P", {"sn2"}, {*NetworkAddress::parse("10.1.1.101/24")}, ""});
  return directory;
}

class Entries : public testing::Test {
 protected:
  [[nodiscard]] std::vector<EntryDifference> found() const {
    return differences(directory(), meant_);
  }
  std::vector<ServiceNodeEntry> meant_ = entries_of(directory(), {"SN1P"}, "SN2P");
};

TEST_F(Entries, OfOneDirectoryAreTheSame) {
  ASSERT_EQ(meant_.size(), 2U);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Entries, AnotherOrderIsTheSame) {
  std::swap(meant_[0].node_names[0], meant_[0].node_names[1]);
  std::swap(meant_[0].addresses[0], meant_[0].addresses[1]);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Entries, OnlyWhatDiffersIsNamed) {
  meant_[0].addresses[1] = "10.1.2.99/24";
  meant_[0].nim_master_id = "00C1A2B34C09";
  meant_[1].node_names = {"sn2", "backup"};
  EXPECT_THAT(found(),
              ElementsAre(EntryDifference{"SN1P", "addresses", "10.1.2.100/24", "10.1.2.99/24"},
                          EntryDifference{"SN1P", "nim_master_id", "00C1A2B34C00", "00C1A2B34C09"},
                          EntryDifference{"SN2P", "node_names", "", "backup"}));
}

TEST_F(Entries, AnotherPrefixIsAnotherAddress) {
  meant_[1].addresses = {"10.1.1.101/16"};
  EXPECT_THAT(found(),
              ElementsAre(EntryDifference{"SN2P", "addresses", "10.1.1.101/24", "10.1.1.101/16"}));
}

TEST_F(Entries, OneThatIsNotThereIsNamedAsAWhole) {
  meant_[1].name = "SN3P";
  EXPECT_THAT(found(), ElementsAre(EntryDifference{"SN3P", "", "", "10.1.1.101/24"}));
}

TEST_F(Entries, WhoIsNotListedIsLeftOut) {
  EXPECT_THAT(entries_of(directory(), {"SN9P"}, "SN2P"),
              ElementsAre(entry_of(*directory().find("SN2P"))));
}

}  // namespace
}  // namespace sn
