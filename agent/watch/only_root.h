// Whose word a file or a directory is: what it says is obeyed with root's rights.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

// denied: others than root (group 0 is root) can write the file, or put another one in its place by
// a directory above it, also above what it links to. A directory that everybody may write is no way
// to do that if it is sticky, since what is root's in it stays root's.
[[nodiscard]] Status only_root_writes(const std::string& path);

// The first directory on the way to a file in which others than root can put something else in its
// place; empty: none. `real_path` has no links. Sticky ones as above.
[[nodiscard]] std::string open_to_others(const std::string& real_path);

// Makes the agent's own directory (0755) under a parent that is there. denied: somebody else has
// made it, or it is no directory.
[[nodiscard]] Status make_own_directory(const std::string& path);

}  // namespace sn::agent
