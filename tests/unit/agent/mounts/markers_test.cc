#include "agent/mounts/markers.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

NfsMount mounted(const std::string& superblock, const std::string& source) {
  NfsMount mount;
  mount.superblock = superblock;
  mount.source = source;
  return mount;
}

TEST(Markers, TellTwoBackEndsApart) {
  const TemporaryDirectory directory;
  directory.write("one", "back end 1\n");
  directory.write("two", "back end 2\n");
  const auto one = read_marker_at(AT_FDCWD, directory.path("one"));
  const auto two = read_marker_at(AT_FDCWD, directory.path("two"));
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_EQ(*one, *read_marker_at(AT_FDCWD, directory.path("one")));
  EXPECT_EQ(read_marker_at(AT_FDCWD, directory.path("none")).error().what, ErrorClass::not_found);
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
