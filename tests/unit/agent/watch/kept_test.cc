#include "agent/watch/kept.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/watch/files.h"
#include "tests/unit/agent/temporary_directory.h"
#include "tests/unit/own_process.h"

namespace sn::agent {
namespace {

TEST(Kept, WhatIsNotKeptIsWalkedTo) {
  const std::string path = "/etc/passwd";
  const KeptPlace place = kept_place(path);
  EXPECT_EQ(place.directory, AT_FDCWD);
  EXPECT_STREQ(place.name, "/etc/passwd");
}

// What is kept is kept for the whole process. As on a node whose root does not answer: the name
// leads nowhere, the directory is still there.
TEST(Kept, IsReachedWhenItsNameIsNot) {
  TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("run"));
  directory.write("run/journal", "begin\n");
  const std::string run = directory.path("run"), moved = directory.path("moved");
  in_own_process([&] {
    keep_open(run);
    ASSERT_EQ(rename(run.c_str(), moved.c_str()), 0);
    const auto text = read_file(run + "/journal", 100);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "begin\n");
    EXPECT_FALSE(read_file(run + "x/journal", 100));
    EXPECT_TRUE(open_kept_directory(run));
    ASSERT_EQ(symlink("journal", (moved + "/link").c_str()), 0);
    EXPECT_EQ(read_kept_link(run + "/link"), "journal");
  });
}

TEST(Kept, ADirectoryThatIsNotThereIsNotKept) {
  in_own_process([] {
    keep_open("/nowhere/at/all");
    const std::string path = "/nowhere/at/all/file";
    EXPECT_EQ(kept_place(path).directory, AT_FDCWD);
  });
}

}  // namespace
}  // namespace sn::agent
