#include "agent/executor/script_watch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "agent/watch/process.h"
#include "common/net/reactor.h"

namespace sn::agent {
namespace {

// Far longer than the end of a process needs; a limit for a test that fails.
constexpr int64_t kLongMs = 10'000;

// Stands for a script of xCAT: a process that goes on until the test ends it.
class RunningScript {
 public:
  RunningScript() : pid_(fork()) {
    if (pid_ == 0) {
      while (true) pause();
    }
  }
  RunningScript(const RunningScript&) = delete;
  RunningScript& operator=(const RunningScript&) = delete;
  ~RunningScript() { end(); }

  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    EXPECT_EQ(waitpid(pid_, nullptr, 0), pid_);
    pid_ = -1;
  }
  [[nodiscard]] wire::ScriptAtWork found() const {
    wire::ScriptAtWork script;
    script.pid = static_cast<uint32_t>(pid_);
    if (const auto stat = process_stat(pid_)) script.start_ticks = stat->start_ticks;
    return script;
  }

 private:
  pid_t pid_;
};

class ScriptWatchTest : public testing::Test {
 protected:
  // How often the watch called in a turn of at most `at_most_ms`.
  int calls_of_turn(int64_t at_most_ms) {
    calls_ = 0;
    EXPECT_TRUE(reactor_.step(at_most_ms));
    return calls_;
  }

  int calls_ = 0;
  net::Reactor reactor_;
  std::vector<wire::ScriptAtWork> left_;
  ScriptWatch watch_{reactor_, [this] {
                       ++calls_;
                       left_ = watch_.at_work();
                     }};
};

TEST_F(ScriptWatchTest, TellsOnceOfScriptsThatEndTogether) {
  RunningScript first;
  RunningScript second;
  RunningScript third;
  watch_.watch({first.found(), second.found(), third.found()});
  EXPECT_EQ(calls_of_turn(0), 0);

  first.end();
  second.end();
  EXPECT_EQ(calls_of_turn(kLongMs), 1);
  ASSERT_EQ(left_.size(), 1U);
  EXPECT_EQ(left_.front().pid, third.found().pid);
  EXPECT_EQ(calls_of_turn(0), 0);

  third.end();
  EXPECT_EQ(calls_of_turn(kLongMs), 1);
  EXPECT_TRUE(left_.empty());
}

TEST_F(ScriptWatchTest, TellsNothingOfScriptsThatWereForgotten) {
  RunningScript script;
  watch_.watch({script.found()});
  watch_.forget();
  script.end();
  EXPECT_EQ(calls_of_turn(0), 0);
}

TEST_F(ScriptWatchTest, DoesNotWatchAnotherProcessOfTheSamePid) {
  RunningScript script;
  wire::ScriptAtWork earlier = script.found();
  earlier.start_ticks += 1;
  watch_.watch({earlier});
  EXPECT_TRUE(watch_.at_work().empty());
}

}  // namespace
}  // namespace sn::agent
