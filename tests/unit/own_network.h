// A network namespace of the test's own, for what only the real kernel can answer. Needs root.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdio>
#include <functional>
#include <string>

#include "tests/unit/own_process.h"

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
inline void in_own_network(const std::function<void()>& body) {
  in_own_process([&] {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0) << "this test needs root";
    const std::string trouble = shell(
        "ip link add eth1 type veth peer name far && ip link set far up && ip addr add "
        "10.1.1.11/24 dev eth1 &&"
        " ip addr add fd01::11/64 dev eth1 nodad && ip link set eth1 up && ip link set lo up");
    EXPECT_EQ(trouble, "");
    body();
  });
}

}  // namespace sn
