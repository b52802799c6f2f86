#include "agent/watch/kept.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/watch/files.h"
#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

// What is kept is kept for the whole process, so it is tried in a child.
template <class Body>
int in_a_child(const Body& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Kept, WhatIsNotKeptIsWalkedTo) {
  const std::string path = "/etc/passwd";
  const KeptPlace place = kept_place(path);
  EXPECT_EQ(place.directory, AT_FDCWD);
  EXPECT_STREQ(place.name, "/etc/passwd");
}

// As on a node whose root does not answer: the name leads nowhere, the directory is still there.
TEST(Kept, IsReachedWhenItsNameIsNot) {
  TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("run"));
  directory.write("run/journal", "begin\n");
  const std::string run = directory.path("run"), moved = directory.path("moved");
  EXPECT_EQ(in_a_child([&] {
              keep_open(run);
              if (rename(run.c_str(), moved.c_str()) != 0) return 1;
              const auto text = read_file(run + "/journal", 100);
              if (!text || *text != "begin\n") return 2;
              if (read_file(run + "x/journal", 100)) return 3;
              if (!open_kept_directory(run)) return 4;
              if (symlink("journal", (moved + "/link").c_str()) != 0) return 5;
              return read_kept_link(run + "/link") == "journal" ? 0 : 6;
            }),
            0);
}

TEST(Kept, ADirectoryThatIsNotThereIsNotKept) {
  EXPECT_EQ(in_a_child([] {
              keep_open("/nowhere/at/all");
              const std::string path = "/nowhere/at/all/file";
              return kept_place(path).directory == AT_FDCWD ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace sn::agent
