// Bind-mounted single files, as xCAT's statelite makes them, against the real kernel in a mount
// namespace of the test's own. Needs root, as the agent does.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "agent/executor/primitives/mount_calls.h"
#include "agent/executor/primitives/replace_file.h"
#include "agent/watch/files.h"
#include "agent/watch/mount_table.h"
#include "common/base/unique_fd.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

constexpr const char* kOld = "nameserver 10.1.1.100\n";
constexpr const char* kNew = "nameserver 10.1.1.200\nand a longer line than any before\n";

class ReplaceBoundFile : public testing::TestWithParam<std::tuple<MountOrder, const char*>> {
 protected:
  // state/etc/resolv.conf, bound on image/resolv.conf; the image is read-only.
  void build() {
    const bool shared = std::string(std::get<1>(GetParam())) == "shared";
    for (const char* name : {"image", "state"}) {
      const std::string place = directory_.path(name);
      mkdir(place.c_str(), 0755);
      ASSERT_EQ(mount(name, place.c_str(), "tmpfs", 0, "size=1m"), 0);
      if (shared) {
        ASSERT_EQ(mount(nullptr, place.c_str(), nullptr, MS_SHARED, nullptr), 0);
      }
    }
    directory_.write("image/resolv.conf", "of the image\n");
    mkdir(directory_.path("state/etc").c_str(), 0755);
    directory_.write("state/etc/resolv.conf", kOld);
    ASSERT_EQ(mount(source().c_str(), path().c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_NOSUID, nullptr),
              0);
    ASSERT_EQ(
        mount(nullptr, directory_.path("image").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
        0);
  }

  [[nodiscard]] std::string path() const { return directory_.path("image/resolv.conf"); }
  [[nodiscard]] std::string source() const { return directory_.path("state/etc/resolv.conf"); }
  [[nodiscard]] std::string temporary() const { return temporary_beside(source()); }
  static MountOrder order() { return std::get<0>(GetParam()); }
  [[nodiscard]] ReplaceFile change() const {
    return {path(), *file_identity(path()), kNew, order()};
  }
  [[nodiscard]] size_t mounts_here() const {
    const auto table = read_mount_table("/proc/self/mountinfo");
    return static_cast<size_t>(std::count_if(
        table->begin(), table->end(), [&](const Mount& mount) { return mount.place == path(); }));
  }

  void expect_whole(const char* text) const {
    EXPECT_EQ(directory_.read("image/resolv.conf"), text);
    EXPECT_EQ(directory_.read("state/etc/resolv.conf"), text);
    EXPECT_EQ(mounts_here(), 1U);
    EXPECT_FALSE(std::filesystem::exists(temporary()));
    const auto table = read_mount_table("/proc/self/mountinfo");
    EXPECT_TRUE(has_option(mount_of(*table, path())->attributes, "nosuid"));
  }

  void in_a_namespace(const std::function<void()>& body) {
    in_own_mount_namespace([&] {
      build();
      if (!HasFatalFailure()) body();
    });
  }

  TemporaryDirectory directory_;
};

TEST_P(ReplaceBoundFile, TheMountAndItsSourceShowTheNewFile) {
  in_a_namespace([&] {
    ReplaceFile replace = change();
    EXPECT_EQ(replace.staged(), (StagedFile{path(), source()}));
    EXPECT_EQ(replace.directory(), directory_.path("state/etc"));
    ASSERT_TRUE(replace.stage());
    EXPECT_EQ(directory_.read("image/resolv.conf"), kOld) << "staging touched it";
    const Status done = replace.commit();
    ASSERT_TRUE(done) << done.error().message();
    expect_whole(kNew);
  });
}

TEST_P(ReplaceBoundFile, NoReaderSeesAMixedOrAnEmptyFile) {
  in_a_namespace([&] {
    std::atomic<bool> stop = false;
    std::atomic<int> reads = 0, odd = 0;
    std::thread reader([&] {
      while (!stop) {
        const auto text = read_file(path(), kMaxFileBytes);
        // Without MOVE_MOUNT_BENEATH the image's own file is to be seen for a moment.
        const bool gap = order() == MountOrder::detach_first && text && *text == "of the image\n";
        if (!text || (*text != kOld && *text != kNew && !gap)) ++odd;
        ++reads;
      }
    });
    constexpr int kRounds = 200;
    for (int round = 0; round < kRounds; ++round) {
      ReplaceFile replace(path(), *file_identity(path()), round % 2 == 0 ? kNew : kOld, order());
      EXPECT_TRUE(replace.stage() && replace.commit()) << round;
    }
    while (reads < kRounds) std::this_thread::yield();
    stop = true;
    reader.join();
    EXPECT_EQ(odd, 0) << "of " << reads;
    expect_whole(kOld);
  });
}

TEST_P(ReplaceBoundFile, SomebodyElsesFileIsNotTouched) {
  in_a_namespace([&] {
    ReplaceFile replace = change();
    ASSERT_TRUE(replace.stage());
    directory_.write("state/etc/resolv.conf", "somebody else's\n");
    EXPECT_EQ(replace.commit().error().what, ErrorClass::stale);
    replace.discard();
    expect_whole("somebody else's\n");
  });
}

// A rename that fails must not leave a mount that the next boot does not have.
TEST_P(ReplaceBoundFile, ASourceThatCannotBeRenamedLeavesEverythingAsItWas) {
  in_a_namespace([&] {
    ReplaceFile replace = change();
    ASSERT_TRUE(replace.stage());
    const auto remount = [&](unsigned long how) {
      return mount(nullptr, directory_.path("state").c_str(), nullptr, MS_REMOUNT | MS_BIND | how,
                   nullptr);
    };
    ASSERT_EQ(remount(MS_RDONLY), 0);
    const Status done = replace.commit();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().os_errno, EROFS);
    ASSERT_EQ(remount(0), 0);
    replace.discard();
    expect_whole(kOld);
  });
}

// ---------------------------------------------------------------- interrupted

TEST_P(ReplaceBoundFile, InterruptedBeforeItsBeginning) {
  in_a_namespace([&] {
    ReplaceFile replace = change();
    ASSERT_TRUE(replace.stage());
    ReplaceFile::clean_up(replace.staged(), true);
    expect_whole(kOld);
    ReplaceFile::clean_up(replace.staged(), true);
    expect_whole(kOld);
  });
}

TEST_P(ReplaceBoundFile, InterruptedBeforeTheCommitPointNothingIsFinished) {
  in_a_namespace([&] {
    ReplaceFile replace = change();
    ASSERT_TRUE(replace.stage());
    ASSERT_EQ(umount2(path().c_str(), MNT_DETACH), 0);  // by somebody else
    ReplaceFile::clean_up(replace.staged(), false);
    EXPECT_EQ(directory_.read("image/resolv.conf"), "of the image\n");
    EXPECT_EQ(directory_.read("state/etc/resolv.conf"), kOld);
    EXPECT_FALSE(std::filesystem::exists(temporary()));
  });
}

// Every state between the calls of a commit, made by hand, then finished twice.
TEST_P(ReplaceBoundFile, InterruptedAnywhereElseIsFinished) {
  enum State { slipped_beneath, detached, exchanged, done };
  for (const State state : {slipped_beneath, detached, exchanged, done}) {
    if (state == slipped_beneath && order() == MountOrder::detach_first) continue;
    if (state == detached && order() == MountOrder::beneath) continue;
    in_a_namespace([&] {
      ReplaceFile replace = change();
      ASSERT_TRUE(replace.stage());
      const UniqueFd tree(clone_tree(AT_FDCWD, temporary().c_str(), 0));
      ASSERT_TRUE(tree);
      ASSERT_EQ(set_tree_attributes(tree.get(), mount_attributes("rw,nosuid,relatime")), 0);
      if (order() == MountOrder::beneath) {
        ASSERT_EQ(attach_tree(tree.get(), AT_FDCWD, path().c_str(), kMoveBeneath), 0);
        if (state != slipped_beneath) {
          ASSERT_EQ(umount2(path().c_str(), MNT_DETACH), 0);
        }
      } else {
        ASSERT_EQ(umount2(path().c_str(), MNT_DETACH), 0);
        if (state != detached) {
          ASSERT_EQ(attach_tree(tree.get(), AT_FDCWD, path().c_str(), 0), 0);
        }
      }
      if (state == done) {
        ASSERT_EQ(rename(temporary().c_str(), source().c_str()), 0);
      }
      ReplaceFile::clean_up(replace.staged(), true);
      EXPECT_EQ(directory_.read("image/resolv.conf"), kNew) << state;
      EXPECT_EQ(directory_.read("state/etc/resolv.conf"), kNew) << state;
      EXPECT_EQ(mounts_here(), 1U) << state;
      EXPECT_FALSE(std::filesystem::exists(temporary())) << state;
      ReplaceFile::clean_up(replace.staged(), true);
      EXPECT_EQ(directory_.read("image/resolv.conf"), kNew) << state;
    });
  }
}

// ---------------------------------------------------------------- the source is out of reach

TEST_P(ReplaceBoundFile, WithoutItsSourceItIsRewrittenInPlace) {
  in_a_namespace([&] {
    ASSERT_EQ(umount2(directory_.path("state").c_str(), MNT_DETACH), 0);
    ASSERT_EQ(mount(nullptr, directory_.path("image").c_str(), nullptr, MS_REMOUNT, nullptr), 0);
    ReplaceFile replace = change();
    EXPECT_EQ(replace.staged(), (StagedFile{path(), ""}));
    ASSERT_TRUE(replace.stage());
    const Status done = replace.commit();
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(directory_.read("image/resolv.conf"), kNew);
    EXPECT_EQ(mounts_here(), 1U);
    EXPECT_FALSE(std::filesystem::exists(temporary_beside(path())));
  });
}

TEST_P(ReplaceBoundFile, InterruptedWhileRewrittenInPlaceIsFinished) {
  in_a_namespace([&] {
    ASSERT_EQ(umount2(directory_.path("state").c_str(), MNT_DETACH), 0);
    ASSERT_EQ(mount(nullptr, directory_.path("image").c_str(), nullptr, MS_REMOUNT, nullptr), 0);
    ReplaceFile replace = change();
    ASSERT_TRUE(replace.stage());
    directory_.write("image/resolv.conf", std::string(kNew).substr(0, 30));  // torn
    ReplaceFile::clean_up(replace.staged(), true);
    EXPECT_EQ(directory_.read("image/resolv.conf"), kNew);
    EXPECT_FALSE(std::filesystem::exists(temporary_beside(path())));
  });
}

// Before the commit point nothing of ours was written, whoever wrote it meanwhile.
TEST_P(ReplaceBoundFile, BeforeTheCommitPointItIsNotRewritten) {
  in_a_namespace([&] {
    ASSERT_EQ(umount2(directory_.path("state").c_str(), MNT_DETACH), 0);
    ASSERT_EQ(mount(nullptr, directory_.path("image").c_str(), nullptr, MS_REMOUNT, nullptr), 0);
    ReplaceFile replace = change();
    ASSERT_TRUE(replace.stage());
    ReplaceFile::clean_up(replace.staged(), false);
    EXPECT_EQ(directory_.read("image/resolv.conf"), kOld);
    EXPECT_FALSE(std::filesystem::exists(temporary_beside(path())));
  });
}

INSTANTIATE_TEST_SUITE_P(
    Orders, ReplaceBoundFile,
    testing::Combine(testing::Values(MountOrder::beneath, MountOrder::detach_first),
                     testing::Values("private", "shared")),
    [](const auto& about) {
      return std::string(std::get<0>(about.param) == MountOrder::beneath ? "Beneath"
                                                                         : "DetachFirst") +
             (std::string(std::get<1>(about.param)) == "shared" ? "Shared" : "Private");
    });

}  // namespace
}  // namespace sn::agent
