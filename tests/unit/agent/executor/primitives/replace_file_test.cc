#include "agent/executor/primitives/replace_file.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "agent/watch/files.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

class ReplaceFileTest : public testing::Test {
 protected:
  ReplaceFile replace(const std::string& text) {
    return {path_, *file_identity(path_), text, MountOrder::detach_first};
  }
  bool temporary_exists() const { return std::filesystem::exists(temporary_beside(path_)); }
  TemporaryDirectory directory_;
  std::string path_ = directory_.write("resolv.conf", "old\n");
};

TEST_F(ReplaceFileTest, StagingTouchesNothing) {
  auto change = replace("new\n");
  ASSERT_TRUE(change.stage());
  EXPECT_EQ(directory_.read("resolv.conf"), "old\n");
  change.discard();
  EXPECT_FALSE(temporary_exists());
}

TEST_F(ReplaceFileTest, KeepsOwnerModeAndAttributes) {
  ASSERT_EQ(chmod(path_.c_str(), 04640), 0);
  ASSERT_EQ(chown(path_.c_str(), 12, 34), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  const bool attributes = setxattr(path_.c_str(), "user.note", "kept", 4, 0) == 0;
  auto change = replace("new\n");
  ASSERT_TRUE(change.stage());
  ASSERT_TRUE(change.commit());
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640U);
  EXPECT_EQ(info.st_uid, 12U);
  EXPECT_EQ(info.st_gid, 34U);
  if (attributes) {
    char value[8] = "";
    EXPECT_EQ(getxattr(path_.c_str(), "user.note", value, sizeof value), 4);
  }
  EXPECT_EQ(directory_.read("resolv.conf"), "new\n");
  EXPECT_FALSE(temporary_exists());
}

// Whoever looked a moment ago, and compares whole seconds, takes it for a later one.
TEST_F(ReplaceFileTest, CanBeDatedAhead) {
  auto change = replace("new\n");
  change.date_ahead();
  ASSERT_TRUE(change.stage());
  ASSERT_TRUE(change.commit());
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_GT(info.st_mtim.tv_sec, time(nullptr));
}

TEST_F(ReplaceFileTest, RefusesAFileThatIsNotTheOnePlannedFor) {
  auto change = replace("new\n");
  ASSERT_TRUE(change.stage());
  directory_.write("resolv.conf", "somebody else's\n");
  EXPECT_EQ(change.commit().error().what, ErrorClass::stale);
  EXPECT_EQ(directory_.read("resolv.conf"), "somebody else's\n");
}

TEST_F(ReplaceFileTest, AlreadyAsPlannedIsDoneAndNotAConflict) {
  auto change = replace("new\n");
  ASSERT_TRUE(change.stage());
  directory_.write("resolv.conf", "new\n");
  EXPECT_TRUE(change.commit());
  EXPECT_FALSE(temporary_exists());
}

TEST_F(ReplaceFileTest, ALeftoverTemporaryIsNoObstacle) {
  directory_.write(".resolv.conf.snagent", "torn");
  auto change = replace("new\n");
  ASSERT_TRUE(change.stage());
  ASSERT_TRUE(change.commit());
  EXPECT_EQ(directory_.read("resolv.conf"), "new\n");
}

TEST_F(ReplaceFileTest, AFileThatIsGoneIsNotMade) {
  auto change = replace("new\n");
  unlink(path_.c_str());
  EXPECT_EQ(change.stage().error().what, ErrorClass::not_found);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

// A full file system under a bind-mounted file: the content must be the old one or the new one, to
// the last byte, and never a mixture.
TEST_F(ReplaceFileTest, AFullFileSystemTearsNoBindMountedFile) {
  const std::string small = directory_.path("small");
  mkdir(small.c_str(), 0755);
  in_own_mount_namespace([&] {
    ASSERT_EQ(mount("small", small.c_str(), "tmpfs", 0, "size=16k"), 0);
    const std::string old_text = std::string(12'000, 'o') + "the last line matters\n";
    directory_.write("small/persistent", old_text);
    directory_.write("small/filler", std::string(64 * 1024, 'x'));  // as much as fits
    ASSERT_EQ(mount((small + "/persistent").c_str(), path_.c_str(), nullptr, MS_BIND, nullptr), 0);
    // Out of reach, so that it must be rewritten in place.
    ASSERT_EQ(umount2(small.c_str(), MNT_DETACH), 0);
    auto change = replace(std::string(13'000, 'n') + "the last line matters\n");
    ASSERT_TRUE(change.stage());
    EXPECT_FALSE(change.commit());
    EXPECT_EQ(directory_.read("resolv.conf"), old_text);
  });
}

TEST_F(ReplaceFileTest, AFileOfAReadOnlyImageSaysWhereItChanges) {
  const std::string image = directory_.path("image");
  mkdir(image.c_str(), 0755);
  in_own_mount_namespace([&] {
    ASSERT_EQ(mount("image", image.c_str(), "tmpfs", 0, nullptr), 0);
    const std::string file = directory_.write("image/hosts", "of the image\n");
    ASSERT_EQ(mount(nullptr, image.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    ReplaceFile change(file, *file_identity(file), "new\n", MountOrder::detach_first);
    const auto staged = change.stage();
    ASSERT_FALSE(staged);
    EXPECT_TRUE(staged.error().cure.has(CureCode::read_only_image));
  });
}

}  // namespace
}  // namespace sn::agent
