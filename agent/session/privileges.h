// Giving up root, and locking memory, in the right order.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

// Small thread stacks and one malloc arena; before the first thread exists (TRANSPORT.md: with the
// defaults locked memory is 18 MiB larger).
void shrink_memory();
// Locks every page there is and will be. Not being allowed to is told and lived with.
[[nodiscard]] Status lock_memory();
// The limit that bounds locked memory once root is gone; must be raised before. Not being allowed
// to raise it is no error: the session fits the usual 8 MiB too.
void raise_lock_limit();

struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
};
// From /etc/passwd, while files may still be opened.
[[nodiscard]] Result<UserIds> find_user(const std::string& name);
// For good: no way back to root, no new privileges through exec.
[[nodiscard]] Status become(const UserIds& ids);

}  // namespace sn::agent
