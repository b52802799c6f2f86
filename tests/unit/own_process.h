// A process of the test's own, for what a test can't do to itself: enter a namespace or a root,
// keep a directory open for ever, give up what it shares.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>

namespace sn {

// gtest's assertions work in a forked child if its failures become the exit code; an ASSERT ends
// `body` and nothing else.
inline void in_own_process(const std::function<void()>& body) {
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    body();
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0) << "see above";
}

// Needs root. What is mounted in it is seen nowhere else and goes with it.
inline void in_own_mount_namespace(const std::function<void()>& body) {
  in_own_process([&] {
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << "this test needs root";
    ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    body();
  });
}

}  // namespace sn
