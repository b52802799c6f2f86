// The processes of xCAT's scripts that a rebind waits for (agent/core/script_wait.h), held by
// pidfd: a pid alone may be somebody else's by now.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "common/wire/messages.h"

namespace sn::agent {

class ScriptWatch {
 public:
  // `ended` is called in a turn of `reactor` after one of the scripts or more have ended, until
  // at_work() or forget() has dropped them; it is called last in its turn.
  ScriptWatch(net::Reactor& reactor, std::function<void()> ended)
      : reactor_(reactor), ended_(std::move(ended)) {}

  // Watches those of `found` that are still at work, and nobody else any more. Never blocks.
  void watch(const std::vector<wire::ScriptAtWork>& found);
  void forget() { scripts_.clear(); }

  // Forgets those that have ended; the others.
  [[nodiscard]] std::vector<wire::ScriptAtWork> at_work();

 private:
  struct Script {
    wire::ScriptAtWork what;
    UniqueFd process;  // readable when it has ended
    net::Reactor::Watch end;
  };
  net::Reactor& reactor_;
  std::function<void()> ended_;
  std::vector<Script> scripts_;
};

}  // namespace sn::agent
