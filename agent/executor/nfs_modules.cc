#include "agent/executor/nfs_modules.h"

#include <algorithm>
#include <string>

#include "agent/executor/primitives/run_command.h"
#include "agent/watch/bounded.h"

namespace sn::agent {

namespace {

// At start-up, where everything answers or nothing does.
constexpr uint32_t kModprobeMs = 3'000;

}  // namespace

// In a child: the executor itself runs no program that may hang.
void load_nfs_modules(const std::vector<NfsMount>& mounts) {
  (void)run_bounded(
      [&]() -> Result<std::string> {
        const bool uses_nfs = std::any_of(mounts.begin(), mounts.end(), [](const NfsMount& mount) {
          return mount.what != MountClass::other;
        });
        if (uses_nfs) (void)run_command({"modprobe", "-qab", "nfsv3", "nfsv4"}, kModprobeMs);
        return std::string();
      },
      kModprobeMs, "NFS modules");
}

}  // namespace sn::agent
