// A network namespace of the test's own, for what only the real kernel can answer. Needs root.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

namespace sn {

// What the command wrote to either output.
inline std::string shell(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  char buffer[512];
  while (fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  pclose(pipe);
  return text;
}

// eth1 is 10.1.1.11/24 and fd01::11/64, and nobody answers at its far end.
// gtest's assertions work in a forked child if its failures become the exit code.
inline void in_own_network(const std::function<void()>& body) {
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    if (unshare(CLONE_NEWNET) != 0) {
      std::perror("unshare");
      _exit(2);
    }
    const std::string trouble = shell(
        "ip link add eth1 type veth peer name far && ip link set far up && ip addr add "
        "10.1.1.11/24 dev eth1 &&"
        " ip addr add fd01::11/64 dev eth1 nodad && ip link set eth1 up && ip link set lo up");
    EXPECT_EQ(trouble, "");
    body();
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0) << "see above; exit 2: this test needs root";
}

}  // namespace sn
