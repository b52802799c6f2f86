#include "common/base/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sn {

namespace {

// More than any kernel has; the first that is unknown ends it.
constexpr int kMostCapabilities = 64;

}  // namespace

Status drop_bounding_set() {
  for (int capability = 0; capability < kMostCapabilities; ++capability) {
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0) return {};
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return fail_errno("dropping", "capabilities");
    }
  }
  return {};
}

Status drop_capabilities() {
  if (auto dropped = drop_bounding_set(); !dropped && dropped.error().os_errno != EPERM) {
    return dropped;
  }
  // A kernel before 4.3 has no ambient set.
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    return fail_errno("dropping", "capabilities");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) {
    return fail_errno("dropping", "capabilities");
  }
  return {};
}

}  // namespace sn
