// The session (agent/session/) as its executor sees it: a process that is started again when it
// ends, and the channel to it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "agent/ipc/channel.h"
#include "common/base/clock.h"
#include "common/base/error.h"

namespace sn::agent {

class SessionProcess {
 public:
  // Runs in the fork until it ends; its result is the exit code.
  using Main = std::function<int(Channel executor)>;

  SessionProcess(Main main, const std::string& run_dir)
      : main_(std::move(main)), pid_file_(run_dir + "/session.pid") {}

  // `let_go` runs in the fork: none of the executor's descriptors is the session's business.
  [[nodiscard]] Status start(const std::function<void()>& let_go);
  // When it is to be started again; nullopt: it runs.
  [[nodiscard]] const std::optional<MonotonicTime>& due() const { return due_; }
  // It could not be.
  void start_later(MonotonicTime now);
  // Who was reaped. True: it was the session.
  bool on_reaped(pid_t pid);

  [[nodiscard]] bool listens() const { return channel_.valid(); }
  [[nodiscard]] int fd() const { return channel_.fd(); }
  // One that does not listen is ended. While there is none, nothing is said: a new one is told all.
  void tell(const wire::LocalMessage& message);
  // nullopt: nothing now. One that says nonsense is ended.
  [[nodiscard]] std::optional<wire::LocalMessage> receive();

 private:
  void end();

  Main main_;
  std::string pid_file_;
  pid_t pid_ = -1;
  Channel channel_;
  MonotonicTime started_;
  std::optional<MonotonicTime> due_;
};

}  // namespace sn::agent
