#include "coordinator/key_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/orders/coordinator_key.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

class KeyFiles : public testing::Test {
 protected:
  KeyFiles() : folder_(testing::TempDir() + "key_files_" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config_.state_dir = folder_;
  }
  ~KeyFiles() override { std::filesystem::remove_all(folder_); }

  const std::string folder_;
  DaemonConfig config_;
};

TEST_F(KeyFiles, AreMadeWhenTheyAreAskedForAndStayTheSame) {
  const auto present = present_key(config_);
  ASSERT_TRUE(present) << present.error().message();
  EXPECT_TRUE(orders::CoordinatorKey::parse(*present));
  EXPECT_EQ(*present_key(config_), *present);
  const auto next = next_key(config_);
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_NE(*next, *present);
  EXPECT_EQ(*next_key(config_), *next);
  EXPECT_EQ(*present_key(config_), *present);
}

TEST_F(KeyFiles, TheNextTakesThePlaceAndThePreviousStays) {
  const std::string present = *present_key(config_), next = *next_key(config_);
  EXPECT_EQ(*roll_key(config_), next);
  EXPECT_EQ(*present_key(config_), next);
  EXPECT_TRUE(std::filesystem::exists(config_.key_path() + ".previous"));
  const std::string third = *next_key(config_);
  EXPECT_NE(third, present);
  EXPECT_EQ(*roll_key(config_), third);
}

TEST_F(KeyFiles, WhatNoNodeKnowsIsNotTaken) {
  const std::string present = *present_key(config_);
  const auto rolled = roll_key(config_);
  ASSERT_FALSE(rolled);
  EXPECT_EQ(rolled.error().what, ErrorClass::not_found);
  EXPECT_THAT(rolled.error().message(), HasSubstr("sncoordd key next makes it"));
  EXPECT_EQ(*present_key(config_), present);
}

// The daemon, which is the directory's owner, has to read what root has made.
TEST_F(KeyFiles, AreTheDirectorysOwners) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(folder_.c_str(), 4242, 4242), 0);
  ASSERT_TRUE(present_key(config_));
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::setegid(0), 0);
  struct stat info{};
  ASSERT_EQ(::stat(config_.key_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 4242U);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
}

}  // namespace
}  // namespace sn::coordinator
