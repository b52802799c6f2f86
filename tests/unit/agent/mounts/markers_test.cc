#include "agent/mounts/markers.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

using testing::ElementsAre;

NfsMount mounted(const std::string& superblock, const std::string& source) {
  NfsMount mount;
  mount.superblock = superblock;
  mount.source = source;
  return mount;
}

TEST(Markers, AreKeptWhileTheirServerIsSilent) {
  std::vector<wire::Marker> known{{"0:45", "sn1:/shared_home", "old"}, {"0:46", "sn1:/data", "d"}};
  const std::vector mounts{mounted("0:45", "sn1:/shared_home"), mounted("0:46", "sn1:/data")};
  remember_markers({{"0:45", "sn1:/shared_home", "new"}}, mounts, known);
  EXPECT_EQ(marker_digest(known, "0:45", "sn1:/shared_home"), "new");
  EXPECT_EQ(marker_digest(known, "0:46", "sn1:/data"), "d");
}

// The number of a file system is given out again.
TEST(Markers, OfWhatIsNotMountedAnyMoreAreForgotten) {
  std::vector<wire::Marker> known{{"0:45", "sn1:/shared_home", "old"}};
  remember_markers({}, {mounted("0:45", "sn2:/shared_home")}, known);
  EXPECT_THAT(known, ElementsAre());
  EXPECT_EQ(marker_digest(known, "0:45", "sn1:/shared_home"), "");
}

}  // namespace
}  // namespace sn::agent
