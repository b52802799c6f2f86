// Against the real kernel, in a mount namespace of the test's own. Needs root, as the agent does.
// The new server's file system is an overlay, because that comes with content; what is swapped is
// the kernel's business and not the file system's.
#include "agent/executor/primitives/swap_mount.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <functional>

#include "agent/executor/primitives/mount_calls.h"
#include "agent/watch/mount_table.h"
#include "agent/watch/read_markers.h"
#include "common/base/unique_fd.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SwapMountOn : public testing::TestWithParam<std::tuple<MountOrder, const char*>> {
 protected:
  // The old file system with a bind of a directory and of a file from it, and a tmpfs upon it.
  void build() {
    const auto& [order, propagation] = GetParam();
    if (std::string(propagation) == "shared") {
      ASSERT_EQ(mount("node", directory_.path().c_str(), "tmpfs", 0, nullptr), 0);
      ASSERT_EQ(mount(nullptr, directory_.path().c_str(), nullptr, MS_SHARED, nullptr), 0);
    }
    for (const char* name : {"home", "data", "server2/data", "server2/scratch", "empty"}) {
      fs::create_directories(directory_.path(name));
    }
    directory_.write("app.conf", "node\n");
    directory_.write("server2/app.conf", "new\n");
    directory_.write("server2/data/file", "new\n");
    ASSERT_EQ(mount("old", home().c_str(), "tmpfs", 0, "size=1m"), 0);
    fs::create_directories(home() + "/data");
    fs::create_directories(home() + "/scratch");
    directory_.write("home/app.conf", "old\n");
    directory_.write("home/data/file", "old\n");
    ASSERT_EQ(mount("scratch", (home() + "/scratch").c_str(), "tmpfs", 0, "size=1m"), 0);
    directory_.write("home/scratch/mine", "kept\n");
    ASSERT_EQ(mount((home() + "/data").c_str(), directory_.path("data").c_str(), nullptr, MS_BIND,
                    nullptr),
              0);
    ASSERT_EQ(mount((home() + "/app.conf").c_str(), directory_.path("app.conf").c_str(), nullptr,
                    MS_BIND, nullptr),
              0);
  }

  [[nodiscard]] std::string home() const { return directory_.path("home"); }

  MountSwap the_swap() {
    MountSwap swap;
    swap.superblock = visible(home()).superblock;
    swap.type = "overlay";
    swap.source = "server2";
    swap.source_before = "server1";
    swap.options = "lowerdir=" + directory_.path("server2") + ":" + directory_.path("empty");
    swap.places.push_back({home(), "", "ro,nosuid,relatime", {home() + "/scratch"}});
    swap.places.push_back({directory_.path("data"), "data", "rw,relatime", {}});
    swap.places.push_back({directory_.path("app.conf"), "app.conf", "rw,relatime", {}});
    return swap;
  }

  static Mount visible(const std::string& place) {
    const auto table = read_mount_table("/proc/self/mountinfo");
    return *mount_of(*table, place);
  }
  static size_t mounts_at(const std::string& place) {
    const auto table = read_mount_table("/proc/self/mountinfo");
    return static_cast<size_t>(std::count_if(
        table->begin(), table->end(), [&](const Mount& mount) { return mount.place == place; }));
  }

  [[nodiscard]] SwapMount swapper(const MountSwap& swap) const {
    return {swap, directory_.path("stage"), std::get<0>(GetParam())};
  }

  void in_a_namespace(const std::function<void()>& body) {
    in_own_mount_namespace([&] {
      build();
      if (!HasFatalFailure()) body();
    });
  }

  TemporaryDirectory directory_;
};

TEST_P(SwapMountOn, EveryPlaceShowsTheNewServersCopy) {
  in_a_namespace([&] {
    const MountSwap swap = the_swap();
    SwapMount swapping = swapper(swap);
    const Status staged = swapping.stage("");
    ASSERT_TRUE(staged) << staged.error().message();
    EXPECT_EQ(directory_.read("home/app.conf"), "old\n") << "staging touched the node";
    for (size_t i = 0; i < swap.places.size(); ++i) {
      const Status committed = swapping.commit(i, false);
      ASSERT_TRUE(committed) << committed.error().message();
    }
    EXPECT_EQ(directory_.read("home/app.conf"), "new\n");
    EXPECT_EQ(directory_.read("home/data/file"), "new\n");
    EXPECT_EQ(directory_.read("data/file"), "new\n");
    EXPECT_EQ(directory_.read("app.conf"), "new\n");
    EXPECT_EQ(directory_.read("home/scratch/mine"), "kept\n");
    for (const auto& place : swap.places) {
      EXPECT_EQ(mounts_at(place.place), 1U) << place.place << " is stacked";
      EXPECT_NE(visible(place.place).superblock, swap.superblock);
    }
    EXPECT_EQ(visible(home()).superblock, visible(directory_.path("data")).superblock);
    EXPECT_TRUE(has_option(visible(home()).attributes, "ro"));
    EXPECT_TRUE(has_option(visible(home()).attributes, "nosuid"));
    EXPECT_FALSE(has_option(visible(directory_.path("data")).attributes, "nosuid"));
  });
}

TEST_P(SwapMountOn, AReaderKeepsWhatItHasOpen) {
  in_a_namespace([&] {
    const UniqueFd open_file(open((home() + "/data/file").c_str(), O_RDONLY | O_CLOEXEC));
    const MountSwap swap = the_swap();
    SwapMount swapping = swapper(swap);
    ASSERT_TRUE(swapping.stage(""));
    for (size_t i = 0; i < swap.places.size(); ++i) ASSERT_TRUE(swapping.commit(i, false));
    char text[8] = "";
    EXPECT_EQ(read(open_file.get(), text, sizeof text), 4);
    EXPECT_STREQ(text, "old\n");
  });
}

TEST_P(SwapMountOn, WhatIsStagedAndDiscardedWasNever) {
  in_a_namespace([&] {
    const auto before = read_mount_table("/proc/self/mountinfo");
    SwapMount swapping = swapper(the_swap());
    ASSERT_TRUE(swapping.stage(""));
    swapping.discard();
    const auto after = read_mount_table("/proc/self/mountinfo");
    EXPECT_EQ(*before, *after);
  });
}

TEST_P(SwapMountOn, AnotherMountThereIsNotTouched) {
  in_a_namespace([&] {
    SwapMount swapping = swapper(the_swap());
    ASSERT_TRUE(swapping.stage(""));
    ASSERT_EQ(mount("other", home().c_str(), "tmpfs", 0, nullptr), 0);
    const Status committed = swapping.commit(0, false);
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().what, ErrorClass::stale);
    EXPECT_EQ(visible(home()).source, "other");
  });
}

TEST_P(SwapMountOn, AServerThatDoesNotHaveItChangesNothing) {
  in_a_namespace([&] {
    MountSwap swap = the_swap();
    swap.options = "lowerdir=" + directory_.path("nowhere") + ":" + directory_.path("empty");
    SwapMount swapping = swapper(swap);
    const Status staged = swapping.stage("");
    ASSERT_FALSE(staged);
    EXPECT_THAT(staged.error().message(), HasSubstr("server2"));
    swap = the_swap();
    swap.places[1].subpath = "nothing/here";
    SwapMount other = swapper(swap);
    const Status missing = other.stage("");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().what, ErrorClass::not_found);
    EXPECT_THAT(missing.error().message(), HasSubstr("nothing/here"));
    EXPECT_EQ(directory_.read("home/app.conf"), "old\n");
  });
}

TEST_P(SwapMountOn, AFileIsNoDirectory) {
  in_a_namespace([&] {
    MountSwap swap = the_swap();
    swap.places[2].subpath = "data";
    SwapMount swapping = swapper(swap);
    const Status staged = swapping.stage("");
    ASSERT_FALSE(staged);
    EXPECT_EQ(staged.error().what, ErrorClass::conflict);
  });
}

TEST_P(SwapMountOn, CopiesThatDifferAreNotSwapped) {
  in_a_namespace([&] {
    MountSwap swap = the_swap();
    swap.marker = "app.conf";
    swap.marker_place = home();
    SwapMount swapping = swapper(swap);
    const Status staged = swapping.stage("");
    ASSERT_FALSE(staged);
    EXPECT_EQ(staged.error().what, ErrorClass::conflict);
    // What was read while the old server lived counts, and the old copy is not asked any more.
    const auto same = read_marker_at(AT_FDCWD, directory_.path("server2/app.conf"));
    const auto other = read_marker_at(AT_FDCWD, directory_.path("home/app.conf"));
    ASSERT_TRUE(same && other);
    EXPECT_TRUE(swapping.stage(*same));
    EXPECT_FALSE(swapping.stage(*other));
    directory_.write("home/app.conf", "new\n");
    EXPECT_TRUE(swapping.stage(""));
  });
}

TEST_P(SwapMountOn, AnInterruptedSwapIsFinishedOnTheBarePlace) {
  in_a_namespace([&] {
    SwapMount swapping = swapper(the_swap());
    ASSERT_TRUE(swapping.stage(""));
    ASSERT_EQ(umount2(home().c_str(), MNT_DETACH), 0);
    const Status refused = swapping.commit(0, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, ErrorClass::stale);
    ASSERT_TRUE(swapping.commit(0, true));
    EXPECT_EQ(directory_.read("home/app.conf"), "new\n");
  });
}

// Found by tests/crash: killed between the two calls of an exchange, the next swap was one more
// mount beneath, and both stayed.
TEST_P(SwapMountOn, AnInterruptedExchangeIsFinishedAndNotDoubled) {
  if (std::get<0>(GetParam()) != MountOrder::beneath) GTEST_SKIP() << "leaves the place bare";
  in_a_namespace([&] {
    fs::create_directories(directory_.path("elsewhere"));
    const MountSwap swap = the_swap();
    ASSERT_EQ(
        mount("server2", directory_.path("elsewhere").c_str(), "overlay", 0, swap.options.c_str()),
        0);
    const UniqueFd tree(clone_tree(AT_FDCWD, directory_.path("elsewhere").c_str(), 0));
    ASSERT_EQ(attach_tree(tree.get(), AT_FDCWD, home().c_str(), kMoveBeneath), 0);
    ASSERT_EQ(mounts_at(home()), 2U);
    ASSERT_EQ(directory_.read("home/app.conf"), "old\n");
    SwapMount swapping = swapper(swap);
    ASSERT_TRUE(swapping.stage(""));
    const Status committed = swapping.commit(0, false);
    ASSERT_TRUE(committed) << committed.error().message();
    EXPECT_EQ(mounts_at(home()), 1U);
    EXPECT_EQ(directory_.read("home/app.conf"), "new\n");
  });
}

TEST_P(SwapMountOn, TheKilledAreGoneBeforeTheDetach) {
  in_a_namespace([&] {
    const pid_t writer = fork();
    if (writer == 0) {
      const int fd = open((home() + "/held").c_str(), O_WRONLY | O_CREAT, 0600);
      while (fd >= 0) pause();
      _exit(0);
    }
    MountSwap swap = the_swap();
    swap.kill = {writer};
    swap.force = true;
    SwapMount swapping = swapper(swap);
    ASSERT_TRUE(swapping.stage(""));
    ASSERT_TRUE(swapping.commit(0, false));
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, WNOHANG), writer);
    EXPECT_TRUE(WIFSIGNALED(status));
  });
}

INSTANTIATE_TEST_SUITE_P(Orders, SwapMountOn,
                         testing::Combine(testing::Values(MountOrder::beneath,
                                                          MountOrder::detach_first),
                                          testing::Values("private", "shared")),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param) == MountOrder::beneath
                                                  ? "Beneath"
                                                  : "DetachFirst") +
                                  std::get<1>(tested.param);
                         });

TEST(MountAttributes, AreTheKernelsWords) {
  EXPECT_EQ(mount_attributes("rw,relatime"), 0U);
  EXPECT_EQ(mount_attributes("ro,nosuid,nodev,noexec,relatime"), 0xFU);
  EXPECT_EQ(mount_attributes("rw,noatime"), 0x10U);
  EXPECT_EQ(mount_attributes("rw"), 0x20U);
  EXPECT_EQ(mount_attributes("rw,nodiratime,relatime"), 0x80U);
}

}  // namespace
}  // namespace sn::agent
