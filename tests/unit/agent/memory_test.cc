#include "agent/memory.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/watch/files.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

TEST(Memory, KnowsWhatItNeverRuns) {
  EXPECT_TRUE(maps_idle_library(
      "7f0a-7f0b r-xp 00000000 00:1f 12 /usr/lib/x86_64-linux-gnu/libkrb5.so.3.3"));
  for (const char* line : {"7f0a-7f0b r-xp 00000000 00:1f 12 /usr/lib/libzmq.so.5",
                           "7f0a-7f0b rw-p 00000000 00:00 0 [heap]", "7f0a-7f0b rw-p 0 00:00 0", "",
                           "7f0a-7f0b r-xp 00000000 00:1f 12 /libkrb5.so.3.d/libc.so.6"}) {
    EXPECT_FALSE(maps_idle_library(line)) << line;
  }
}

// Rss and Locked of every mapping, proc(5): what is idle is not locked, all else is. In a child:
// locks do not outlive it.
TEST(Memory, LocksEverythingElse) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's shadow can't be locked, so it makes mlockall() do nothing";
#endif
  in_own_process([] {
    ASSERT_TRUE(lock_memory(LockScope::present)) << "needs root, as the agent does";
    const auto maps = read_file("/proc/self/smaps", 4 * 1024 * 1024);
    ASSERT_TRUE(maps);
    bool idle = false, file = false;
    size_t idle_seen = 0, locked_seen = 0, begin = 0;
    while (begin < maps->size()) {
      const size_t end = std::min(maps->find('\n', begin), maps->size());
      const std::string line = maps->substr(begin, end - begin);
      begin = end + 1;
      if (line.find('-') < line.find(' ')) {
        idle = maps_idle_library(line);
        file = line.find('/') != std::string::npos;
        if (idle) ++idle_seen;
      } else if (line.starts_with("Locked:")) {
        const bool locked = line.find(" 0 kB") == std::string::npos;
        EXPECT_FALSE(idle && locked);
        if (file && locked) ++locked_seen;
      }
    }
    EXPECT_GT(idle_seen, 0U);
    EXPECT_GT(locked_seen, 0U);
  });
}

}  // namespace
}  // namespace sn::agent
