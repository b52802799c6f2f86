#include "agent/executor/session_process.h"

#include <signal.h>

#include "agent/executor/own_file.h"
#include "agent/ipc/fork.h"
#include "agent/log.h"

namespace sn::agent {

namespace {

// A session says one a second at most. One that is somebody else's is not to keep this process from
// its signals and its child: to judge an order costs a tenth of a millisecond.
constexpr int kVerbsATurn = 64;
// Lines: some at once, then one a minute.
constexpr double kNonsenseLines = 5, kNonsenseLinesPerSecond = 1.0 / 60;

}  // namespace

Status SessionProcess::start(const std::function<void()>& let_go) {
  auto ends = ExecutorEnd::make_pair();
  if (!ends) return tl::unexpected(ends.error());
  const pid_t pid = fork_process([&] {
    let_go();
    ends->first.close();
    channel_.close();
    return main_(std::move(ends->second));
  });
  if (pid < 0) return fail_errno("forking", "the session");
  watch_.reset();
  channel_ = std::move(ends->first);
  watch_ =
      reactor_.on(channel_.fd(), net::Reactor::readable, [this](net::Reactor::Ready) { hear(); });
  pid_ = pid;
  (void)write_own_file(pid_file_, std::to_string(pid) + "\n");
  return {};
}

bool SessionProcess::on_reaped(pid_t pid) {
  if (pid != pid_) return false;
  pid_ = -1;
  close_channel();
  return true;
}

void SessionProcess::close_channel() {
  watch_.reset();
  channel_.close();
}

void SessionProcess::end() {
  if (pid_ > 0) kill(pid_, SIGKILL);
  close_channel();
}

void SessionProcess::tell(const wire::ToSession& message) {
  if (!channel_.valid()) return;
  if (auto status = channel_.send(message); !status) {
    log_line("SN1908", "the session does not listen: " + status.error().message());
    end();
  }
}

void SessionProcess::hear() {
  for (int i = 0; i < kVerbsATurn; ++i) {
    const auto verb = receive();
    if (!verb) return;
    heard_(*verb);
  }
}

std::optional<wire::Verb> SessionProcess::receive() {
  if (!channel_.valid()) return std::nullopt;
  auto message = channel_.receive();
  if (message) return std::move(*message);
  if (message.error().what == ErrorClass::busy) return std::nullopt;
  const ErrorClass what = message.error().what;
  if (what == ErrorClass::corrupt || what == ErrorClass::limit) {
    if (nonsense_.take(monotonic_now(), kNonsenseLines, kNonsenseLinesPerSecond)) {
      log_line("SN1915", "the session said what is no verb: " + message.error().message());
    }
  } else {
    if (what != ErrorClass::not_found) {
      log_line("SN1916", "the session can't be heard: " + message.error().message());
    }
    end();
  }
  return std::nullopt;
}

}  // namespace sn::agent
