// The processes of xCAT's scripts that a rebind waits for (agent/core/script_wait.h), held by
// pidfd: a pid alone may be somebody else's by now.
#pragma once

#include <vector>

#include "common/base/unique_fd.h"
#include "common/wire/messages.h"

namespace sn::agent {

class ScriptWatch {
 public:
  // Watches those of `found` that are still at work, and nobody else any more. Never blocks.
  void watch(const std::vector<wire::ScriptAtWork>& found);
  void forget() { scripts_.clear(); }

  // Forgets those that have ended; the others.
  [[nodiscard]] std::vector<wire::ScriptAtWork> at_work();
  // Readable when a script has ended; as many as scripts.
  [[nodiscard]] std::vector<int> fds() const;

 private:
  struct Script {
    wire::ScriptAtWork what;
    UniqueFd process;  // readable when it has ended
  };
  std::vector<Script> scripts_;
};

}  // namespace sn::agent
