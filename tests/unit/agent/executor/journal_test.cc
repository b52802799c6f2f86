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

TEST_F(JournalTest, ATornLastRecordWasNotWritten) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  const std::string begun = directory_.read("journal");
  ASSERT_TRUE(journal_.intent("replace /etc/hosts"));
  const std::string whole = directory_.read("journal");
  for (size_t size = 0; size < whole.size(); ++size) {
    directory_.write("journal", whole.substr(0, size));
    const auto unfinished = read();
    ASSERT_TRUE(unfinished) << size << ": " << unfinished.error().message();
    ASSERT_EQ(unfinished->has_value(), size >= begun.size()) << size;
    if (*unfinished) {
      EXPECT_FALSE((*unfinished)->past_commit_point) << size;
    }
  }
}

// A changed size must not pass for the journal's end: a step that was begun would be forgotten.
TEST_F(JournalTest, AChangedByteIsNeverTakenForATornRecord) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.intent("replace /etc/hosts"));
  ASSERT_TRUE(journal_.done());
  const std::string whole = directory_.read("journal");
  for (size_t place = 0; place < whole.size(); ++place) {
    for (const int bit : {1, 0x80}) {
      std::string changed = whole;
      changed[place] = static_cast<char>(changed[place] ^ bit);
      directory_.write("journal", changed);
      const auto unfinished = read();
      ASSERT_FALSE(unfinished) << place;
      EXPECT_EQ(unfinished.error().what, ErrorClass::corrupt);
    }
  }
}

TEST_F(JournalTest, AResumedOneKeepsItsCommitPointAndLosesOnlyItsTornRecord) {
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.intent("x"));
  const std::string whole = directory_.read("journal");
  ASSERT_TRUE(journal_.done());
  directory_.write("journal", directory_.read("journal").substr(0, whole.size() + 5));
  Journal next(directory_.path("journal"));
  ASSERT_TRUE(next.resume());
  EXPECT_EQ(directory_.read("journal"), whole);
  const auto unfinished = read();
  ASSERT_TRUE(unfinished && *unfinished) << unfinished.error().message();
  EXPECT_TRUE((*unfinished)->past_commit_point);
  EXPECT_EQ((*unfinished)->open_step, "x");
  ASSERT_TRUE(next.commit(Verdict::verified));
  EXPECT_FALSE(*read());
}

TEST_F(JournalTest, KeepsSwapsAsTheyWereBegun) {
  MountSwap swap;
  swap.superblock = "0:45";
  swap.source = "sn2-eth1:/export";
  swap.address = "10.1.1.101";
  swap.read_only = true;
  swap.places = {{"/apps", "", "ro", {}}};
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  ASSERT_TRUE(journal_.swap(swap));
  EXPECT_THAT((*read())->swaps, ElementsAre(swap));
}

TEST_F(JournalTest, OfAnotherBootIsVoid) {
  ASSERT_TRUE(journal_.begin(rebind(), "earlier boot-id"));
  ASSERT_TRUE(journal_.intent("x"));
  EXPECT_FALSE(*read());
}

TEST_F(JournalTest, WhatWeDidNotWriteIsCorruptAndNamesThePlace) {
  directory_.write("journal", "nonsense\n");
  EXPECT_EQ(read().error().what, ErrorClass::corrupt);
  EXPECT_THAT(read().error().message(), testing::HasSubstr("journal:1"));
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  directory_.write("journal", directory_.read("journal") + "nonsense, and more than a head\n");
  EXPECT_THAT(read().error().message(), testing::HasSubstr("journal:3"));
  directory_.write("journal", wire::head_of(kJournalKind) + wire::framed("\x81\xa1t\xa4wait"));
  EXPECT_THAT(read().error().message(), testing::HasSubstr("unknown message 'wait'"));
  directory_.write("journal", wire::head_of(kJournalKind) + wire::framed("\x81\xa1t\xa4"
                                                                         "done"));
  EXPECT_THAT(read().error().message(), testing::HasSubstr("it does not begin with 'begin'"));
}

// After an upgrade in the middle of a rebind: the reason of a quarantine, never silence.
TEST_F(JournalTest, AnotherVersionIsRefusedInWordsThatSayWhatToDo) {
  directory_.write("journal", "begin 1 boot 8aa7\nintent 1 replace /etc/hosts\n");
  const auto older = read();
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().what, ErrorClass::corrupt);
  EXPECT_THAT(older.error().message(), testing::HasSubstr("an older snagentd wrote it"));
  EXPECT_THAT(text_of(older.error().cure),
              testing::HasSubstr("let the snagentd that wrote it finish"));
  ASSERT_TRUE(journal_.begin(rebind(), "boot"));
  const std::string text = directory_.read("journal");
  directory_.write("journal", "snagent journal 3" + text.substr(text.find('\n')));
  EXPECT_THAT(read().error().message(),
              testing::HasSubstr("it is of version 3, and this snagentd reads version 2 only"));
}

}  // namespace
}  // namespace sn::agent
