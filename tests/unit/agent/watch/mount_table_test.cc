#include "agent/watch/mount_table.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

using testing::Contains;

TEST(MountTable, ReadsThisMachines) {
  const auto table = read_mount_table("/proc/self/mountinfo");
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(*table, Contains(testing::Field(&Mount::place, "/proc")));
}

TEST(MountTable, NamesATableThatIsNotThere) {
  const auto table = read_mount_table("/nowhere/mountinfo");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().what, ErrorClass::not_found);
}

}  // namespace
}  // namespace sn::agent
