// Primitive: in every place of one file system a mount of another server's takes the old one's.
//
//   stage    a detached tree for every place (stage_mount.h). The node's own namespace is
//   untouched. commit   one place: refuses (stale) if another mount is there than the one planned
//   for. With
//            MOVE_MOUNT_BENEATH (Linux 6.5) the new tree slips under the old mount, which is then
//            detached: no moment without a mount. Without: detach, then attach; programs may see
//            the bare mount point in between, and a clone of the old tree is put back on failure.
//   discard  gives the staged trees up.
#pragma once

#include <string>
#include <vector>

#include "agent/executor/primitives/exchange_mount.h"
#include "agent/mounts/plan_mounts.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

class SwapMount {
 public:
  // `stage_dir`: an empty directory of our own on tmpfs, made if it is not there.
  SwapMount(MountSwap swap, std::string stage_dir, MountOrder order);

  // The errors, and what `known_marker` is: stage_mount().
  [[nodiscard]] Status stage(const std::string& known_marker);
  // `nothing_there_is_fine`: an interrupted swap left the place bare (recovery).
  [[nodiscard]] Status commit(size_t place, bool nothing_there_is_fine);
  void discard() { trees_.clear(); }

  [[nodiscard]] const MountSwap& swap() const { return swap_; }

 private:
  [[nodiscard]] Status free_the_stuck(const std::string& place) const;
  [[nodiscard]] bool is_new(const Mount& mount) const;
  // -1: it is there already, and only the old one goes.
  [[nodiscard]] Status exchange(const std::string& place, int tree) const;

  MountSwap swap_;
  std::string stage_dir_;
  MountOrder order_;
  std::vector<UniqueFd> trees_;  // as swap_.places
};

}  // namespace sn::agent
