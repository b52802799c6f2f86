// `snctl takeover` on a terminal, against a control server that plays the coordinator.
#include <gmock/gmock.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "coordinator/control/control_server.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {
namespace {

using testing::HasSubstr;

constexpr int64_t kDeadlineMs = 20'000;

class TakeoverOnATerminal : public testing::Test {
 protected:
  TakeoverOnATerminal() : folder_(testing::TempDir() + "snctl_" + std::to_string(::getpid())) {
    auto server = ControlServer::open(reactor_, folder_ + "/control.sock", Groups{},
                                      [this](ControlEvent event) {
                                        if (auto* asked = std::get_if<ClientAsked>(&event))
                                          asked_.push_back(std::move(*asked));
                                      });
    EXPECT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      sigset_t none;
      sigemptyset(&none);
      (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
      TakeoverCommand command;
      command.from = "SN1P";
      ::_exit(takeover({folder_ + "/control.sock", false}, command, {}));
    }
  }
  ~TakeoverOnATerminal() override {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    ::close(terminal_);
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Serves, reads the screen and collects what is asked, until `done`.
  template <class Done>
  void work_until(Done done) {
    const MonotonicTime end = monotonic_now() + kDeadlineMs;
    const auto screen =
        reactor_.on(terminal_, net::Reactor::readable, [this](auto) { read_screen(); });
    while (!done() && monotonic_now() < end) {
      ASSERT_TRUE(reactor_.step(50));
    }
    EXPECT_TRUE(done()) << screen_;
  }

  void read_screen() {
    char buffer[4096];
    const ssize_t size = ::read(terminal_, buffer, sizeof buffer);
    if (size > 0) {
      screen_.append(buffer, static_cast<size_t>(size));
    } else {
      ended_ = true;
    }
  }

  void type(const std::string& text) {
    ASSERT_EQ(::write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  void show_plan() {
    work_until([&] { return !asked_.empty(); });
    ASSERT_TRUE(std::get<TakeoverCommand>(asked_.at(0).command).confirm);
    PlanAnswer plan;
    plan.from = "SN1P";
    plan.to = "SN2P";
    plan.nodes = 1;
    plan.asks = true;
    reply(plan, false);
    work_until([&] { return screen_.find("[y/N] ") != std::string::npos; });
  }

  void begin() {
    StartedAnswer started;
    started.summary.header.number = 1;
    started.summary.header.from = "SN1P";
    started.summary.header.started_unix_ms = wall_now().unix_ms;
    reply(started, false);
    reply(ProgressAnswer{"T1", 0, 1, 0}, false);
    work_until([&] { return screen_.find("0/1") != std::string::npos; });
  }

  void reply(const Answer& answer, bool last) { server_->reply(asked_.at(0).client, answer, last); }

  int exit_code() {
    work_until([&] { return ended_; });
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string folder_;
  net::Reactor reactor_;
  std::unique_ptr<ControlServer> server_;
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string screen_;
  bool ended_ = false;
  std::vector<ClientAsked> asked_;
};

TEST_F(TakeoverOnATerminal, GoesOnAfterYes) {
  show_plan();
  type("y\n");
  work_until([&] { return asked_.size() == 2; });
  EXPECT_TRUE(std::get<ConfirmCommand>(asked_.at(1).command).go);
  begin();
  EXPECT_THAT(screen_, HasSubstr("terminal lost? snctl watch T1"));
  ShownTakeover takeover;
  takeover.number = 1;
  takeover.state = TakeoverState::finished;
  reply(TakeoverAnswer{takeover, false, 4}, true);
  EXPECT_EQ(exit_code(), 4);
  EXPECT_THAT(screen_, HasSubstr("exit 4"));
}

TEST_F(TakeoverOnATerminal, AnythingElseIsNo) {
  show_plan();
  type("yeah\n");
  work_until([&] { return asked_.size() == 2; });
  EXPECT_FALSE(std::get<ConfirmCommand>(asked_.at(1).command).go);
  reply(DoneAnswer{"nothing was changed"}, true);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_THAT(screen_, HasSubstr("nothing was changed"));
}

TEST_F(TakeoverOnATerminal, CtrlCAtTheQuestionChangesNothing) {
  show_plan();
  type("\x03");
  EXPECT_EQ(exit_code(), 130);
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_FALSE(std::get<ConfirmCommand>(asked_.at(1).command).go);
  EXPECT_THAT(screen_, HasSubstr("nothing was changed"));
}

TEST_F(TakeoverOnATerminal, CtrlCLaterSaysThatItGoesOn) {
  show_plan();
  type("y\n");
  work_until([&] { return asked_.size() == 2; });
  begin();
  type("\x03");
  EXPECT_EQ(exit_code(), 130);
  EXPECT_THAT(screen_, HasSubstr("it goes on: snctl watch T1"));
}

TEST_F(TakeoverOnATerminal, ACoordinatorThatGoesAwayIsAnError) {
  show_plan();
  type("y\n");
  work_until([&] { return asked_.size() == 2; });
  begin();
  server_.reset();
  server_ = std::move(*ControlServer::open(reactor_, folder_ + "/other.sock", Groups{}, {}));
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(screen_, HasSubstr("it went away"));
  EXPECT_THAT(screen_, HasSubstr("it goes on: snctl watch T1"));
}

}  // namespace
}  // namespace sn::coordinator
