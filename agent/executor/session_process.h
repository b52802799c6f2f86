// The session (agent/session/) as its executor sees it: a process that may end at any time, and the
// channel to it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "agent/ipc/channel.h"
#include "common/base/bucket.h"
#include "common/base/error.h"
#include "common/net/reactor.h"

namespace sn::agent {

class SessionProcess {
 public:
  // Runs in the fork until it ends; its result is the exit code.
  using Main = std::function<int(SessionEnd executor)>;
  using Heard = std::function<void(const wire::Verb& verb)>;

  // `heard` is called in a turn of `reactor` for each verb of the session.
  SessionProcess(net::Reactor& reactor, Main main, Heard heard, const std::string& run_dir)
      : reactor_(reactor),
        main_(std::move(main)),
        heard_(std::move(heard)),
        pid_file_(run_dir + "/session.pid") {}

  // `let_go` runs in the fork: none of the executor's descriptors is the session's business.
  [[nodiscard]] Status start(const std::function<void()>& let_go);
  // In the fork of another process: this copy of the channel goes.
  void abandon() { channel_.close(); }
  // Who was reaped. True: it was the session.
  bool on_reaped(pid_t pid);

  // One that does not listen is ended. While there is none, nothing is said: a new one is told all.
  void tell(const wire::ToSession& message);
  // Its end is told by SIGCHLD.
  void end();

 private:
  void hear();
  // nullopt: nothing now. What is no verb is said in the log and dropped: it does not end the
  // session, and what it said after that waits for the next turn.
  [[nodiscard]] std::optional<wire::Verb> receive();
  void close_channel();

  net::Reactor& reactor_;
  Main main_;
  Heard heard_;
  std::string pid_file_;
  pid_t pid_ = -1;
  Bucket nonsense_;
  ExecutorEnd channel_;
  net::Reactor::Watch watch_;
};

}  // namespace sn::agent
