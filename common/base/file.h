// What whoever handles files needs, whatever is in them.
#pragma once

#include <dirent.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn {

// "/etc" of "/etc/hosts", "/" of "/vmlinuz", "." of a name alone.
[[nodiscard]] std::string directory_of(std::string_view path);

// All of it, however many calls it takes. `path` is for the error only.
[[nodiscard]] Status write_all(int fd, std::string_view text, const std::string& path);

// The entry of `path` in its directory is on the disk.
[[nodiscard]] Status sync_folder(const std::string& path);

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};
using DirectoryHandle = std::unique_ptr<DIR, DirectoryCloser>;

}  // namespace sn
