#include "agent/watch/process.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace sn::agent {
namespace {

TEST(Process, ANameMayHoldAnything) {
  const auto stat = parse_process_stat(
      "812 (a) R 7 (b) S 4 812 812 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 991 4096 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(*stat, (ProcessStat{'S', 4, 991}));
}

TEST(Process, WhatIsNoStatLineIsNone) {
  for (const char* line : {"", "812", "812 (x)", "812 (x) ", "812 (x) S", "812 (x) S y 1 1",
                           "812 (x) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"}) {
    EXPECT_FALSE(parse_process_stat(line)) << line;
  }
}

TEST(Process, ReadsThisOne) {
  EXPECT_THAT(all_pids(), testing::Contains(getpid()));
  const auto stat = process_stat(getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->parent, getppid());
  EXPECT_GT(stat->start_ticks, 0U);
  EXPECT_TRUE(in_own_pid_namespace(getpid()));
  EXPECT_THAT(process_arguments(getpid(), 4096), testing::HasSubstr(process_name(getpid())));
}

TEST(Process, OneThatIsGoneIsNothing) {
  EXPECT_FALSE(process_stat(-1));
  EXPECT_EQ(process_name(-1), "");
  EXPECT_FALSE(in_own_pid_namespace(-1));
  EXPECT_EQ(process_arguments(-1, 16), "");
}

}  // namespace
}  // namespace sn::agent
