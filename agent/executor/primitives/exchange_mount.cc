#include "agent/executor/primitives/exchange_mount.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "agent/executor/primitives/mount_calls.h"
#include "agent/ipc/fork.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

Status detach_mount(const std::string& place) {
  constexpr int kFlags = MNT_DETACH | UMOUNT_NOFOLLOW;
  if (umount2(place.c_str(), kFlags) == 0) return {};
  if (umount2(place.c_str(), kFlags) == 0) return {};
  return fail_errno("detaching the old mount of", place);
}

Status exchange_mount(const std::string& place, int tree, MountOrder order) {
  const UniqueFd undo(clone_tree(AT_FDCWD, place.c_str(), kRecursive));
  if (!undo) return fail_errno("holding on to", place);
  if (order == MountOrder::beneath) {
    if (attach_tree(tree, AT_FDCWD, place.c_str(), kMoveBeneath) == 0) {
      return detach_mount(place);
    }
    // Some propagation trees do not allow it; the other order always works.
  }
  if (umount2(place.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
    return fail_errno("detaching", place);
  }
  if (attach_tree(tree, AT_FDCWD, place.c_str(), 0) == 0) return {};
  const auto failed = fail_errno("mounting on", place);
  if (attach_tree(undo.get(), AT_FDCWD, place.c_str(), 0) != 0) {
    return fail(ErrorClass::internal, "mounting on", place,
                Fact(FactCode::old_mount_lost,
                     {.os_errno = static_cast<uint32_t>(failed.value().os_errno)}),
                Cure(CureCode::mount_by_hand));
  }
  return failed;
}

MountOrder probe_mount_order(const std::string& stage_dir) {
  if (mkdir(stage_dir.c_str(), 0700) != 0 && errno != EEXIST) return MountOrder::detach_first;
  const pid_t child = fork_process([&] {
    const auto tmpfs = [] {
      const UniqueFd fs(fs_open("tmpfs"));
      if (!fs || fs_config(fs.get(), FsConfig::create, nullptr, nullptr) != 0) return UniqueFd();
      return UniqueFd(fs_mount(fs.get()));
    };
    const char* place = stage_dir.c_str();
    const bool ready = unshare(CLONE_NEWNS) == 0 &&
                       mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    const UniqueFd above = tmpfs(), below = tmpfs();
    return ready && above && below && attach_tree(above.get(), AT_FDCWD, place, 0) == 0 &&
                   attach_tree(below.get(), AT_FDCWD, place, kMoveBeneath) == 0
               ? 0
               : 1;
  });
  if (child < 0) return MountOrder::detach_first;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? MountOrder::beneath
                                                       : MountOrder::detach_first;
}

}  // namespace sn::agent
