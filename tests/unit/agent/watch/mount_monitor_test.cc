#include "agent/watch/mount_monitor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

bool is_readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

// The kernel marks the change before mount(2) returns: nothing is to be waited for.
TEST(MountMonitor, TellsEveryChangeOnce) {
  const TemporaryDirectory directory;
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << "this test needs root";
    ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    auto monitor = MountMonitor::open();
    ASSERT_TRUE(monitor) << monitor.error().message();
    monitor->drain();
    EXPECT_FALSE(is_readable(monitor->fd()));
    ASSERT_EQ(mount("here", directory.path().c_str(), "tmpfs", 0, nullptr), 0);
    EXPECT_TRUE(is_readable(monitor->fd()));
    monitor->drain();
    EXPECT_FALSE(is_readable(monitor->fd()));
    ASSERT_EQ(umount(directory.path().c_str()), 0);
    EXPECT_TRUE(is_readable(monitor->fd()));
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0) << "see above";
}

// It did not: the session is forked from the executor, and gave its copy up by the destructor.
TEST(MountMonitor, TellsItsOwnerOfChangesAfterAForkGaveItUp) {
  const TemporaryDirectory directory;
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << "this test needs root";
    ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    auto monitor = MountMonitor::open();
    ASSERT_TRUE(monitor) << monitor.error().message();
    monitor->drain();
    const pid_t other = fork();
    if (other == 0) {
      monitor->abandon();
      monitor = tl::unexpected(Error{});  // its destructor
      _exit(0);
    }
    waitpid(other, nullptr, 0);
    ASSERT_EQ(mount("here", directory.path().c_str(), "tmpfs", 0, nullptr), 0);
    EXPECT_TRUE(is_readable(monitor->fd()));
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0) << "see above";
}

}  // namespace
}  // namespace sn::agent
