// A process of its own that holds an old mount while it is detached, and lets go of it last.
//
// Whoever lets go of a file system last says good-bye to its server: NFS v4 destroys its session
// and waits a minute and more if the server is dead (nfs4_proc_destroy_session, fs/nfs). Nobody
// waits for the process that does it here.
#pragma once

#include "common/base/unique_fd.h"

namespace sn::agent {

class LastHold {
 public:
  // Holds `tree`, a clone of the mount, from before the detach on. Without memory or processes
  // there is no hold, and the caller waits itself.
  explicit LastHold(const UniqueFd& tree);
  // Lets go, as the caller's death does. The caller's own `tree` is closed before.
  ~LastHold() = default;
  LastHold(const LastHold&) = delete;
  LastHold& operator=(const LastHold&) = delete;

 private:
  static int keep(const UniqueFd& tree, const UniqueFd& released);

  UniqueFd release_;  // closed: the process goes
};

}  // namespace sn::agent
