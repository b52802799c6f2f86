// The kernel's mount calls, by number because glibc has them since 2.36 only, and the values of
// linux/mount.h, which can't be included beside sys/mount.h. errno as fsopen(2) and the others say.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <string_view>

namespace sn::agent {

inline constexpr unsigned kRecursive = 0x8000;   // AT_RECURSIVE, of clone_tree
inline constexpr unsigned kMoveBeneath = 0x200;  // MOVE_MOUNT_BENEATH (Linux 6.5), of attach_tree
enum class FsConfig : unsigned { set_flag = 0, set_string = 1, create = 6 };

// Each returns a descriptor of the caller's, with O_CLOEXEC, or 0; -1 is an error.
[[nodiscard]] int fs_open(const char* type);
[[nodiscard]] int fs_config(int fs, FsConfig command, const char* key, const char* value);
[[nodiscard]] int fs_mount(int fs);
// open_tree(2) with OPEN_TREE_CLONE: the mount at `path` (or the file there), detached.
[[nodiscard]] int clone_tree(int at, const char* path, unsigned flags);
// move_mount(2) of a detached tree.
[[nodiscard]] int attach_tree(int tree, int at, const char* path, unsigned flags);
// mount_setattr(2): exactly these, as mount_attributes() gives them.
[[nodiscard]] int set_tree_attributes(int tree, uint64_t attributes);

// Of the kernel's words in a mount table ("ro,nosuid,relatime"); unknown words are passed over.
[[nodiscard]] uint64_t mount_attributes(std::string_view words);

}  // namespace sn::agent
