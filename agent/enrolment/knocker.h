// The child that knocks (knock.h), as the executor sees it: at most one at a time, and beside every
// job: a node whose look at itself hangs on a dead server is to be let in all the same.
//
// Owned and used by the executor's thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <utility>

#include "agent/ipc/channel.h"
#include "common/base/error.h"
#include "common/net/reactor.h"
#include "common/wire/messages.h"

namespace sn::agent {

class Knocker {
 public:
  // Runs in the fork.
  using Main = std::function<wire::KnockAnswer()>;
  using Heard = std::function<void(const wire::KnockAnswer& answer)>;

  // `heard` is called in a turn of `reactor`, once for each start().
  Knocker(net::Reactor& reactor, Main main, Heard heard)
      : reactor_(reactor), main_(std::move(main)), heard_(std::move(heard)) {}

  // While one is out, nothing. `let_go` runs in the fork: none of the executor's descriptors is its
  // business.
  void start(const std::function<void()>& let_go);
  // In the fork of another process: this copy of the channel goes.
  void abandon() { channel_.close(); }
  // Who was reaped. True: it was the knocking child.
  bool on_reaped(pid_t pid);

 private:
  void hear();
  void tell(const wire::KnockAnswer& answer);

  net::Reactor& reactor_;
  Main main_;
  Heard heard_;
  pid_t pid_ = -1;
  bool told_ = true;
  PacketSocket channel_;
  net::Reactor::Watch watch_;
};

}  // namespace sn::agent
