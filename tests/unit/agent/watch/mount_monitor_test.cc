#include "agent/watch/mount_monitor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

bool is_readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

// The kernel marks the change before mount(2) returns: nothing is to be waited for.
TEST(MountMonitor, TellsEveryChangeOnce) {
  const TemporaryDirectory directory;
  in_own_mount_namespace([&] {
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
  });
}

// It did not: the session is forked from the executor, and gave its copy up by the destructor.
TEST(MountMonitor, TellsItsOwnerOfChangesAfterAForkGaveItUp) {
  const TemporaryDirectory directory;
  in_own_mount_namespace([&] {
    auto monitor = MountMonitor::open();
    ASSERT_TRUE(monitor) << monitor.error().message();
    monitor->drain();
    in_own_process([&] {
      monitor->abandon();
      monitor = tl::unexpected(Error{});  // its destructor
    });
    ASSERT_EQ(mount("here", directory.path().c_str(), "tmpfs", 0, nullptr), 0);
    EXPECT_TRUE(is_readable(monitor->fd()));
  });
}

}  // namespace
}  // namespace sn::agent
