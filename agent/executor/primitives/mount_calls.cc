#include "agent/executor/primitives/mount_calls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "agent/mounts/mount.h"

namespace sn::agent {

namespace {

constexpr unsigned kFsopenCloexec = 1;
constexpr unsigned kFsmountCloexec = 1;
constexpr unsigned kOpenTreeClone = 1;
constexpr unsigned kMoveFromEmptyPath = 0x4;
constexpr uint64_t kReadOnly = 0x1, kNoSuid = 0x2, kNoDev = 0x4, kNoExec = 0x8;
constexpr uint64_t kAtimeMask = 0x70, kNoAtime = 0x10, kStrictAtime = 0x20, kNoDirAtime = 0x80;
constexpr uint64_t kAllAttributes =
    kReadOnly | kNoSuid | kNoDev | kNoExec | kAtimeMask | kNoDirAtime;
struct MountAttr {
  uint64_t set = 0, clear = 0, propagation = 0, userns = 0;
};

}  // namespace

int fs_open(const char* type) {
  return static_cast<int>(syscall(SYS_fsopen, type, kFsopenCloexec));
}

int fs_config(int fs, FsConfig command, const char* key, const char* value) {
  return static_cast<int>(syscall(SYS_fsconfig, fs, static_cast<unsigned>(command), key, value, 0));
}

int fs_mount(int fs) { return static_cast<int>(syscall(SYS_fsmount, fs, kFsmountCloexec, 0)); }

int clone_tree(int at, const char* path, unsigned flags) {
  return static_cast<int>(
      syscall(SYS_open_tree, at, path, kOpenTreeClone | O_CLOEXEC | AT_NO_AUTOMOUNT | flags));
}

int attach_tree(int tree, int at, const char* path, unsigned flags) {
  return static_cast<int>(syscall(SYS_move_mount, tree, "", at, path, kMoveFromEmptyPath | flags));
}

int set_tree_attributes(int tree, uint64_t attributes) {
  // Atime is one setting of several values: it is always cleared as a whole.
  const MountAttr change{attributes, (kAllAttributes & ~attributes) | kAtimeMask, 0, 0};
  return static_cast<int>(
      syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &change, sizeof change));
}

uint64_t mount_attributes(std::string_view words) {
  static constexpr std::pair<const char*, uint64_t> kWords[] = {
      {"ro", kReadOnly},   {"nosuid", kNoSuid},   {"nodev", kNoDev},
      {"noexec", kNoExec}, {"noatime", kNoAtime}, {"nodiratime", kNoDirAtime}};
  uint64_t attributes = 0;
  for (const auto& [word, flag] : kWords) {
    if (has_option(words, word)) attributes |= flag;
  }
  // The kernel names relatime; neither word means every access counts.
  if (!has_option(words, "relatime") && (attributes & kNoAtime) == 0) attributes |= kStrictAtime;
  return attributes;
}

}  // namespace sn::agent
