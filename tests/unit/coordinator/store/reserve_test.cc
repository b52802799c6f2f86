#include "coordinator/store/reserve.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace sn::coordinator {
namespace {

class ReserveFile : public testing::Test {
 protected:
  ReserveFile() {
    std::string name = testing::TempDir() + "reserve-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~ReserveFile() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string file() const { return directory_ + "/reserve"; }

  std::string directory_;
};

TEST_F(ReserveFile, IsMadeOfRealBlocks) {
  Reserve reserve(directory_, 1024 * 1024);
  reserve.hold();
  struct stat found{};
  ASSERT_EQ(::stat(file().c_str(), &found), 0);
  EXPECT_GE(found.st_blocks * 512, 1024 * 1024);
  const Disk disk = reserve.look();
  EXPECT_FALSE(disk.full);
  EXPECT_EQ(disk.place, directory_);
  EXPECT_EQ(disk.wanted_mib, 1U);
}

TEST_F(ReserveFile, IsGivenOnce) {
  Reserve reserve(directory_, 1024 * 1024);
  EXPECT_FALSE(reserve.release()) << "it is not held yet";
  reserve.hold();
  EXPECT_TRUE(reserve.release());
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_FALSE(reserve.release());
}

TEST_F(ReserveFile, IsTheOneThatTheLastProcessLeft) {
  Reserve(directory_, 1024 * 1024).hold();
  Reserve again(directory_, 1024 * 1024);
  EXPECT_TRUE(again.release());
}

TEST_F(ReserveFile, IsTakenAgainWhereSomebodyRemovedIt) {
  Reserve reserve(directory_, 1024 * 1024);
  reserve.hold();
  std::filesystem::remove(file());
  EXPECT_FALSE(reserve.look().full);
  EXPECT_TRUE(std::filesystem::exists(file()));
}

// More than any disk has.
TEST_F(ReserveFile, WithoutRoomItIsFull) {
  Reserve reserve(directory_, uint64_t{1} << 60);
  const Disk disk = reserve.look();
  EXPECT_TRUE(disk.full);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(ReserveFile, GrowsWithTheCluster) {
  EXPECT_EQ(reserve_bytes(0), 1024U * 1024);
  EXPECT_EQ(reserve_bytes(128), 1024U * 1024);
  EXPECT_EQ(reserve_bytes(1000), 4U * 1024 * 1024);
}

}  // namespace
}  // namespace sn::coordinator
