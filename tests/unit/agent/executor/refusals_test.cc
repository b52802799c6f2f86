// What the kernel will refuse, on real file systems. Needs root.
#include "agent/executor/refusals.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/watch/files.h"
#include "common/base/unique_fd.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

// As chattr(1) does; false: the file system has no such flags. 0 takes both away.
bool set_flags(const std::string& path, int flags) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int now = 0;
  if (!fd || ioctl(fd.get(), FS_IOC_GETFLAGS, &now) != 0) return false;
  flags |= now & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
  return ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) == 0;
}

class Refusals : public testing::Test {
 protected:
  Refusals() {
    mkdir(etc_.c_str(), 0755);
    tree_.write("etc/resolv.conf", "nameserver 10.1.1.100\n");
    tree_.write("etc/ntp.conf", "server sn1\n");
  }

  ~Refusals() override {
    for (const auto& path : {tree_.path("store"), etc_, resolver_}) (void)set_flags(path, 0);
  }

  void add(const std::string& path, std::string text_after) {
    FileChange change;
    change.path = change.real_path = path;
    if (const auto identity = file_identity(path)) change.identity = *identity;
    change.text_after = std::move(text_after);
    plan_.files.push_back(std::move(change));
  }
  [[nodiscard]] std::vector<Refusal> find(const std::string& root = "") const {
    return find_refusals(plan_, MountOrder::detach_first, root);
  }
  // The only refusal there is.
  void expect(const std::string& path, FactCode reason, const Cure& cure,
              const std::string& root = "") const {
    const auto found = find(root);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().path, path);
    EXPECT_TRUE(found.front().reason.is(reason)) << text_of(found.front().reason);
    EXPECT_EQ(found.front().cure, cure) << text_of(found.front().cure);
  }

  TemporaryDirectory tree_;
  const std::string etc_ = tree_.path("etc");
  const std::string resolver_ = tree_.path("etc/resolv.conf");
  Plan plan_;
};

TEST_F(Refusals, NoneWhereNothingRefuses) {
  add(resolver_, "nameserver 10.1.1.101\n");
  add(tree_.path("etc/ntp.conf"), "server sn2\n");
  EXPECT_THAT(find(), testing::IsEmpty());
}

// A link of root's may lead into a user's directory: who owns that says what is there a moment
// later.
TEST_F(Refusals, WhereOthersCanExchangeTheFileItIsNotChanged) {
  add(resolver_, "nameserver 10.1.1.101\n");
  ASSERT_EQ(chown(etc_.c_str(), 4242, 0), 0);
  expect(resolver_, FactCode::others_can_write_above,
         Cure(CureCode::only_root_may_write_there, {.place = etc_}));
  EXPECT_EQ(text_of(find().front().cure), "chown root " + etc_ + "; chmod go-w " + etc_);
  ASSERT_EQ(chown(etc_.c_str(), 0, 4242), 0);
  ASSERT_EQ(chmod(etc_.c_str(), 0775), 0);
  expect(resolver_, FactCode::others_can_write_above,
         Cure(CureCode::only_root_may_write_there, {.place = etc_}));
  ASSERT_EQ(chown(etc_.c_str(), 0, 0), 0);
  EXPECT_THAT(find(), testing::IsEmpty()) << "group 0 is root";
  ASSERT_EQ(chmod(etc_.c_str(), 01777), 0);
  EXPECT_THAT(find(), testing::IsEmpty()) << "what is root's in it stays root's";
  ASSERT_EQ(chmod(etc_.c_str(), 0777), 0);
  expect(resolver_, FactCode::others_can_write_above,
         Cure(CureCode::only_root_may_write_there, {.place = etc_}));
}

TEST_F(Refusals, OtherNamesOfAFileAreNoted) {
  add(resolver_, "nameserver 10.1.1.101\n");
  EXPECT_THAT(find_other_names(plan_), testing::IsEmpty());
  ASSERT_EQ(link(resolver_.c_str(), tree_.path("etc/other").c_str()), 0);
  const auto found = find_other_names(plan_);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().what, FindingClass::note);
  EXPECT_EQ(found.front().place, resolver_);
  EXPECT_EQ(text_of(found.front().reason),
            "1 other name of it (hard links) will keep the old text");
}

TEST_F(Refusals, AnImmutableFileIsNamedWithTheCommandThatCuresIt) {
  add(resolver_, "nameserver 10.1.1.101\n");
  if (!set_flags(resolver_, FS_IMMUTABLE_FL)) GTEST_SKIP() << "a file system without flags";
  expect(resolver_, FactCode::is_immutable, Cure(CureCode::chattr_i, {.place = resolver_}));
  expect(resolver_, FactCode::is_immutable,
         Cure(CureCode::chattr_i, {.place = "/export/root/cn001" + resolver_}),
         "/export/root/cn001");
  EXPECT_EQ(text_of(find().front().cure), "chattr -i " + resolver_);
  ASSERT_TRUE(set_flags(resolver_, 0));
  EXPECT_THAT(find(), testing::IsEmpty());
}

TEST_F(Refusals, AFileThatCanOnlyBeAppendedToIsNamed) {
  add(resolver_, "nameserver 10.1.1.101\n");
  if (!set_flags(resolver_, FS_APPEND_FL)) GTEST_SKIP() << "a file system without flags";
  expect(resolver_, FactCode::is_append_only, Cure(CureCode::chattr_a, {.place = resolver_}));
  ASSERT_TRUE(set_flags(resolver_, 0));
}

TEST_F(Refusals, TheDirectorysFlagsCountForEveryFileInIt) {
  add(resolver_, "nameserver 10.1.1.101\n");
  for (const auto& [flag, reason, cure] :
       {std::tuple(FS_IMMUTABLE_FL, FactCode::folder_is_immutable, CureCode::chattr_i),
        std::tuple(FS_APPEND_FL, FactCode::folder_is_append_only, CureCode::chattr_a)}) {
    if (!set_flags(etc_, flag)) GTEST_SKIP() << "a file system without flags";
    expect(resolver_, reason, Cure(cure, {.place = etc_}));
    ASSERT_TRUE(set_flags(etc_, 0));
  }
}

TEST_F(Refusals, AFullFileSystemIsNamedForTheFirstFileThatDoesNotFit) {
  in_own_mount_namespace([this] {
    // Two pages: the directory of a tmpfs takes none.
    ASSERT_EQ(mount("full", etc_.c_str(), "tmpfs", 0, "size=8k"), 0);
    tree_.write("etc/resolv.conf", "");
    tree_.write("etc/ntp.conf", "");
    add(resolver_, std::string(4096, '#'));
    EXPECT_THAT(find(), testing::IsEmpty());
    // Both temporaries are there at once, and both need two pages.
    add(tree_.path("etc/ntp.conf"), std::string(4097, '#'));
    expect(tree_.path("etc/ntp.conf"), FactCode::no_room_for,
           Cure(CureCode::free_space_at, {.place = etc_}));
  });
}

TEST_F(Refusals, AFileSystemWithoutInodesIsNamed) {
  in_own_mount_namespace([this] {
    ASSERT_EQ(mount("full", etc_.c_str(), "tmpfs", 0, "nr_inodes=2"), 0);
    tree_.write("etc/resolv.conf", "");
    add(resolver_, "nameserver 10.1.1.101\n");
    expect(resolver_, FactCode::no_inodes_left, Cure(CureCode::free_inodes, {.place = etc_}));
  });
}

TEST_F(Refusals, AFileSystemThatCountsNothingIsNotFull) {
  in_own_mount_namespace([this] {
    ASSERT_EQ(mount("none", etc_.c_str(), "ramfs", 0, nullptr), 0);
    tree_.write("etc/resolv.conf", "");
    add(resolver_, "nameserver 10.1.1.101\n");
    EXPECT_THAT(find(), testing::IsEmpty());
  });
}

TEST_F(Refusals, AMountThatWasMadeReadOnlyIsNamedByItsMountPoint) {
  in_own_mount_namespace([this] {
    ASSERT_EQ(mount(etc_.c_str(), etc_.c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(mount(nullptr, etc_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    add(resolver_, "nameserver 10.1.1.101\n");
    expect(resolver_, FactCode::mount_is_read_only,
           Cure(CureCode::remount_writable, {.place = etc_}));
    EXPECT_EQ(text_of(find().front().cure), "mount -o remount,bind,rw " + etc_);
  });
}

TEST_F(Refusals, OfABoundFileTheDirectoryOfItsSourceCounts) {
  in_own_mount_namespace([this] {
    mkdir(tree_.path("store").c_str(), 0755);
    const std::string source = tree_.write("store/resolv.conf", "nameserver 10.1.1.100\n");
    ASSERT_EQ(mount(source.c_str(), resolver_.c_str(), nullptr, MS_BIND, nullptr), 0);
    add(resolver_, "nameserver 10.1.1.101\n");
    if (!set_flags(etc_, FS_IMMUTABLE_FL)) GTEST_SKIP() << "a file system without flags";
    EXPECT_THAT(find(), testing::IsEmpty());
    ASSERT_TRUE(set_flags(etc_, 0));
    ASSERT_TRUE(set_flags(tree_.path("store"), FS_IMMUTABLE_FL));
    expect(resolver_, FactCode::folder_is_immutable,
           Cure(CureCode::chattr_i, {.place = tree_.path("store")}));
    ASSERT_TRUE(set_flags(tree_.path("store"), 0));
  });
}

}  // namespace
}  // namespace sn::agent
