#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "agent/watch/files.h"
#include "agent/watch/mount_table.h"
#include "common/base/unique_fd.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

bool told(int inotify) {
  pollfd wait{inotify, POLLIN, 0};
  if (poll(&wait, 1, 0) != 1) return false;
  char events[4096];
  return read(inotify, events, sizeof events) > 0;
}

Observation with(const std::string& path, const std::string& real_path) {
  Observation observation;
  observation.live = true;
  observation.files.emplace_back();
  observation.files.back().path = path;
  observation.files.back().real_path = real_path;
  if (auto table = read_mount_table("/proc/self/mountinfo")) {
    observation.mounts.table = std::move(*table);
  }
  return observation;
}

// In a root of its own: what a kind begins with lies in a directory that is watched.
TEST(WatchFilesElsewhere, TellsOfAnIncludedFileAndOfNoneInAWatchedDirectory) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkdir(directory.path("etc").c_str(), 0755), 0);
  directory.write("etc/hosts", "old\n");
  directory.write("etc/more", "old\n");
  in_own_process([&] {
    ASSERT_EQ(chroot(directory.path().c_str()), 0);
    ASSERT_EQ(chdir("/"), 0);
    const UniqueFd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    watch_files_elsewhere(inotify.get(), with("/etc/hosts", "/etc/hosts"));
    watch_files_elsewhere(inotify.get(), with("/etc/more", "/etc/more"));
    std::ofstream("/etc/hosts") << "new\n";
    EXPECT_FALSE(told(inotify.get()));
    std::ofstream("/etc/more") << "new\n";
    EXPECT_TRUE(told(inotify.get()));
  });
}

TEST(WatchFilesElsewhere, TellsOfALinkedFile) {
  const TemporaryDirectory directory;
  const UniqueFd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::string target = directory.write("target", "old\n");
  const std::string plain = directory.write("plain", "old\n");
  watch_files_elsewhere(inotify.get(), with(directory.path("link"), target));
  directory.write("target", "new\n");
  EXPECT_TRUE(told(inotify.get()));
  // As an editor does it: then it is another file, and watched anew after the next look.
  ASSERT_EQ(rename(plain.c_str(), target.c_str()), 0);
  EXPECT_TRUE(told(inotify.get()));
}

TEST(WatchFilesElsewhere, TellsOfABoundFileWhoeverWritesIt) {
  const TemporaryDirectory directory;
  const std::string source = directory.write("source", "old\n");
  const std::string place = directory.write("place", "of the image\n");
  in_own_mount_namespace([&] {
    ASSERT_EQ(mount(source.c_str(), place.c_str(), nullptr, MS_BIND, nullptr), 0);
    const UniqueFd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    watch_files_elsewhere(inotify.get(), with(place, place));
    directory.write("place", "by its mount\n");
    EXPECT_TRUE(told(inotify.get()));
    directory.write("source", "by its source\n");
    EXPECT_TRUE(told(inotify.get()));
  });
}

}  // namespace
}  // namespace sn::agent
