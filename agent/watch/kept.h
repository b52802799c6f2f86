// Directories that are held open from the start. A path walk begins at the node's root, and while
// that is on a server which does not answer, even /proc and /run can't be reached by name: the
// kernel asks the server first whether its root directory still has them. What lies below a kept
// directory is reached from there, and asks nobody.
//
// Of the whole process, and of its children. Filled before any thread exists.
#pragma once

#include <fcntl.h>

#include <string>

#include "common/base/file.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

// /proc, /sys/block, and our own under /run.
inline constexpr size_t kMaxKeptDirectories = 4;

// An absolute path. One that can't be opened is not kept: what lies below is walked to.
void keep_open(const std::string& directory);

// For a process that opens nothing any more.
void forget_kept();

// For the calls that end in "at". `name` points into the path that was given.
struct KeptPlace {
  int directory = AT_FDCWD;
  const char* name = nullptr;
};
[[nodiscard]] KeptPlace kept_place(const std::string& path);
KeptPlace kept_place(std::string&& path) = delete;

// As open(2), with O_CLOEXEC; errno as there.
[[nodiscard]] UniqueFd open_kept(const std::string& path, int flags, mode_t mode = 0);
// As opendir(3).
[[nodiscard]] DirectoryHandle open_kept_directory(const std::string& path);
// As readlink(2), a target of up to 4,096 bytes; empty: there is none.
[[nodiscard]] std::string read_kept_link(const std::string& path);

}  // namespace sn::agent
