// The agent lives in memory that is never paged: its pages may lie on a server that does not
// answer. So it is small, and locked.
#pragma once

#include <string_view>

#include "common/base/error.h"

namespace sn::agent {

// Small thread stacks and one malloc arena; before the first thread exists. With glibc's defaults
// (8 MiB a stack, an arena a thread) locked memory is 18 MiB larger.
void shrink_memory();
// present: every page there is now. Not being allowed to is told and lived with.
enum class LockScope { present, present_and_future };
// Libraries that only come with ours and whose code this agent never runs stay unlocked: Kerberos,
// PGM and NORM with libzmq, blkid and SELinux with libmount. In both processes together that is
// some 7 MiB, in every image.
[[nodiscard]] Status lock_memory(LockScope scope);
// The limit that bounds locked memory once root is gone; must be raised before. false: it could not
// be raised. Then pages to come must not be locked: past the limit every allocation would fail.
[[nodiscard]] bool raise_lock_limit();

// The line of /proc/PID/maps (proc(5)) maps one of those libraries.
[[nodiscard]] bool maps_idle_library(std::string_view line);

}  // namespace sn::agent
