#include "agent/watch/kept.h"

#include <unistd.h>

#include <array>
#include <climits>

namespace sn::agent {

namespace {

struct Kept {
  std::string path;
  UniqueFd fd;
};

std::array<Kept, kMaxKeptDirectories>& kept_directories() {
  static std::array<Kept, kMaxKeptDirectories> kept;
  return kept;
}

}  // namespace

void keep_open(const std::string& directory) {
  for (auto& kept : kept_directories()) {
    if (kept.fd && kept.path != directory) continue;
    kept.path = directory;
    kept.fd.reset(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return;
  }
}

void forget_kept() { kept_directories() = {}; }

KeptPlace kept_place(const std::string& path) {
  for (const auto& kept : kept_directories()) {
    if (!kept.fd || !path.starts_with(kept.path)) continue;
    if (path.size() == kept.path.size()) return {kept.fd.get(), "."};
    if (path[kept.path.size()] != '/') continue;
    return {kept.fd.get(), path.c_str() + kept.path.size() + 1};
  }
  return {AT_FDCWD, path.c_str()};
}

UniqueFd open_kept(const std::string& path, int flags, mode_t mode) {
  const KeptPlace place = kept_place(path);
  return UniqueFd(openat(place.directory, place.name, flags | O_CLOEXEC, mode));
}

DirectoryHandle open_kept_directory(const std::string& path) {
  UniqueFd fd = open_kept(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return nullptr;
  DirectoryHandle directory(fdopendir(fd.get()));
  if (directory) (void)fd.release();  // the handle's now
  return directory;
}

std::string read_kept_link(const std::string& path) {
  const KeptPlace place = kept_place(path);
  std::array<char, PATH_MAX> target{};
  const ssize_t size = readlinkat(place.directory, place.name, target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<size_t>(size));
}

}  // namespace sn::agent
