// Giving up root, and locking memory, in the right order.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

// Small thread stacks and one malloc arena; before the first thread exists (TRANSPORT.md: with the
// defaults locked memory is 18 MiB larger).
void shrink_memory();
// present: every page there is now. Not being allowed to is told and lived with.
enum class LockScope { present, present_and_future };
[[nodiscard]] Status lock_memory(LockScope scope);
// The limit that bounds locked memory once root is gone; must be raised before. false: it could not
// be raised. Then pages to come must not be locked: past the limit every allocation would fail.
[[nodiscard]] bool raise_lock_limit();

struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
};
// From /etc/passwd, while files may still be opened.
[[nodiscard]] Result<UserIds> find_user(const std::string& name);
// For good: no way back to root, no new privileges through exec.
[[nodiscard]] Status become(const UserIds& ids);

}  // namespace sn::agent
