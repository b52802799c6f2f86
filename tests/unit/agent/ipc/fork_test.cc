#include "agent/ipc/fork.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "common/base/unique_fd.h"

namespace sn::agent {
namespace {

// Never reached where the code is right.
constexpr int kLongMs = 60'000;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  UniqueFd out, in;
};

// Every process that held the other end is gone.
bool is_closed(const UniqueFd& out) {
  pollfd wait{out.get(), POLLIN, 0};
  return poll(&wait, 1, kLongMs) == 1 && (wait.revents & POLLHUP) != 0;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(ForkProcess, ExitsWithWhatItsWorkReturns) {
  const pid_t parent = getpid();
  EXPECT_EQ(exit_code_of(fork_process([&] { return getppid() == parent ? 17 : 1; })), 17);
}

TEST(ForkProcess, HasAnEmptySignalMask) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
  const int code = exit_code_of(fork_process([] {
    sigset_t now;
    sigprocmask(SIG_SETMASK, nullptr, &now);
    return sigismember(&now, SIGCHLD) == 0 && sigismember(&now, SIGTERM) == 0 ? 0 : 1;
  }));
  sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(code, 0);
}

TEST(ForkProcess, DiesWithItsParent) {
  Pipe lives;
  const int code = exit_code_of(fork_process([&] {
    const pid_t child = fork_process([]() -> int {
      while (true) pause();
    });
    return child > 0 ? 0 : 1;  // and is gone
  }));
  EXPECT_EQ(code, 0);
  lives.in.reset();
  EXPECT_TRUE(is_closed(lives.out));
}

TEST(ForkProcess, OfItsOwnLifetimeOutlivesItsParent) {
  Pipe lives, go;
  const int code = exit_code_of(fork_process([&] {
    const auto until_told = [&] {
      go.in.reset();
      char none = 0;
      return read(go.out.get(), &none, 1) == 0 && write(lives.in.get(), "x", 1) == 1 ? 0 : 1;
    };
    return fork_process(until_told, Lifetime::its_own) > 0 ? 0 : 1;
  }));
  EXPECT_EQ(code, 0);
  lives.in.reset();
  go.in.reset();
  char said = 0;
  EXPECT_EQ(read(lives.out.get(), &said, 1), 1);
  EXPECT_EQ(said, 'x');
}

// The parent may be gone before the kernel is told; then nobody sends the signal.
TEST(ForkProcess, EndsIfItsParentDiedBeforeItCouldAskToDieWithIt) {
  const int code = exit_code_of(fork_process([]() -> int {
    die_with(getppid() + 1);
    return 0;
  }));
  EXPECT_EQ(code, 1);
}

}  // namespace
}  // namespace sn::agent
