#include "common/base/file.h"

#include <unistd.h>

#include <cerrno>

namespace sn {

std::string directory_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("writing", path, "free some space there, then run it again");
    text.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

}  // namespace sn
