// At one place a mount takes the place of another.
//
//   beneath       MOVE_MOUNT_BENEATH (Linux 6.5): the new one slips under the old one, and that is
//                 detached. No moment without a mount, no stacking.
//   detach_first  detach, then attach: for some ten microseconds programs may see what lies below
//                 both. A clone of the old mount is put back if the new one can't be attached.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

enum class MountOrder { beneath, detach_first };

// `tree` is detached (mount_calls.h) and the caller's. What is visible at `place` goes. Where the
// kernel does not allow `beneath` in a propagation tree, the other order is taken.
[[nodiscard]] Status exchange_mount(const std::string& place, int tree, MountOrder order);

// What is visible at `place` goes, where the new mount lies beneath it already. Tried twice: one
// refusal must not leave both.
[[nodiscard]] Status detach_mount(const std::string& place);

// What this kernel can do, found out on two tmpfs in a namespace of their own.
[[nodiscard]] MountOrder probe_mount_order(const std::string& stage_dir);

}  // namespace sn::agent
