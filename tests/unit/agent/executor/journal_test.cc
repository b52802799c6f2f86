#include "agent/executor/journal.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/agent/temporary_directory.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;

class JournalTest : public testing::Test {
 protected:
  wire::Rebind rebind() {
    wire::Rebind rebind;
    rebind.takeover = "T1";
    rebind.generation = 9;
    rebind.from = {"SN1P"};
    rebind.to = "SN2P";
    rebind.plan_hash = "hash";
    return rebind;
  }
  auto read() { return Journal::read(directory_.path("journal"), "boot"); }

  TemporaryDirectory directory_;
  Journal journal_{directory_.path("journal")};
};

TEST_F(JournalTest, AnInterruptedRehearsalIsNoRebind) {
  ASSERT_TRUE(journal_.begin_rehearsal("boot"));
  ASSERT_TRUE(journal_.staged({"/etc/hosts", ""}));
  const auto unfinished = read();
  ASSERT_TRUE(unfinished && *unfinished) << unfinished.error().message();
  EXPECT_FALSE((*unfinished)->rebind);
  EXPECT_FALSE((*unfinished)->past_commit_point);
  EXPECT_THAT((*unfinished)->staged, ElementsAre(StagedFile{"/etc/hosts", ""}));
  EXPECT_FALSE(*Journal::read(directory_.path("journal"), "the next boot"));
}

TEST_F(JournalTest, WithoutAFileNothingIsUnfinished) {
  const auto unfinished = read();
  ASSERT_TRUE(unfinished);
  EXPECT_FALSE(*unfinished);
}

TEST_F(JournalTest, BeforeTheFirstIntentNothingWasTouched) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.staged({"/etc/hosts", ""}));
  ASSERT_TRUE(journal_.staged({"/etc/resolv.conf", "/.statelite/tmpfs/etc/resolv.conf"}));
  const auto unfinished = read();
  ASSERT_TRUE(unfinished && *unfinished);
  EXPECT_FALSE((*unfinished)->past_commit_point);
  EXPECT_EQ((*unfinished)->rebind, rebind());
  EXPECT_THAT((*unfinished)->staged,
              ElementsAre(StagedFile{"/etc/hosts", ""},
                          StagedFile{"/etc/resolv.conf", "/.statelite/tmpfs/etc/resolv.conf"}));
}

TEST_F(JournalTest, TheFirstIntentIsTheCommitPoint) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.intent("replace /etc/hosts"));
  const auto unfinished = read();
  EXPECT_TRUE((*unfinished)->past_commit_point);
  EXPECT_EQ((*unfinished)->last_step, "1 replace /etc/hosts");
}

// Found by tests/crash: a line cut short joined the next one, and the agent refused every change
// from its next start on.
TEST_F(JournalTest, ALineThatIsCutShortLeavesNothing) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.intent("x"));
  const pid_t pid = fork();  // the limit is the process's
  if (pid == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const auto size = static_cast<rlim_t>(std::filesystem::file_size(directory_.path("journal")));
    const rlimit little{size + 3, size + 1000}, enough{size + 1000, size + 1000};
    bool good = setrlimit(RLIMIT_FSIZE, &little) == 0 && !journal_.done();
    good = good && setrlimit(RLIMIT_FSIZE, &enough) == 0 && journal_.intent("y");
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  const auto unfinished = read();
  ASSERT_TRUE(unfinished && *unfinished);
  EXPECT_EQ((*unfinished)->last_step, "2 y");
}

TEST_F(JournalTest, ACommittedOneIsFinished) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.intent("x"));
  ASSERT_TRUE(journal_.done());
  ASSERT_TRUE(journal_.commit(Verdict::verified));
  EXPECT_FALSE(*read());
}

TEST_F(JournalTest, ATornLastLineWasNotWritten) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  const std::string whole = directory_.read("journal");
  directory_.write("journal", whole + "intent 1 repl");
  EXPECT_FALSE((*read())->past_commit_point);
  for (size_t size = 0; size < whole.size(); ++size) {
    directory_.write("journal", whole.substr(0, size));
    const auto unfinished = read();
    ASSERT_TRUE(unfinished) << size;
    EXPECT_FALSE(*unfinished) << size;
  }
}

TEST_F(JournalTest, AResumedOneKeepsItsCommitPointAndLosesOnlyItsTornLine) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.intent("x"));
  directory_.write("journal", directory_.read("journal") + "inte");
  Journal next(directory_.path("journal"));
  ASSERT_TRUE(next.resume());
  const auto unfinished = read();
  ASSERT_TRUE(unfinished && *unfinished) << unfinished.error().message();
  EXPECT_TRUE((*unfinished)->past_commit_point);
  ASSERT_TRUE(next.commit(Verdict::verified));
  EXPECT_FALSE(*read());
}

TEST_F(JournalTest, OfAnotherBootIsVoid) {
  ASSERT_TRUE(journal_.begin(rebind(), "earlier boot-id"));
  ASSERT_TRUE(journal_.intent("x"));
  EXPECT_FALSE(*read());
}

TEST_F(JournalTest, WhatWeDidNotWriteIsCorruptAndNamesTheLine) {
  directory_.write("journal", "intent 1 x\n");
  EXPECT_EQ(read().error().what, ErrorClass::corrupt);
  directory_.write("journal", "begin 1 boot zz\n");
  EXPECT_EQ(read().error().what, ErrorClass::corrupt);
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  directory_.write("journal", directory_.read("journal") + "nonsense\n");
  EXPECT_THAT(read().error().message(), testing::HasSubstr("journal:2"));
}

}  // namespace
}  // namespace sn::agent
