#include "common/model/shared_path.h"

namespace sn {

namespace {

std::string_view without_slashes_at_the_end(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool lies_within(std::string_view path, std::string_view directory) {
  return path == directory || directory == "/" ||
         (path.size() > directory.size() && path.starts_with(directory) &&
          path[directory.size()] == '/');
}

}  // namespace

bool is_plain_path(std::string_view path) {
  path = without_slashes_at_the_end(path);
  if (!path.starts_with('/')) return false;
  if (path == "/") return true;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view component = path.substr(0, path.find('/'));
    if (component.empty() || component == "." || component == "..") return false;
    path.remove_prefix(component.size());
  }
  return true;
}

const SharedPath* shared_path_of(const std::vector<SharedPath>& shared_paths,
                                 std::string_view exported) {
  if (!is_plain_path(exported)) return nullptr;
  const std::string_view path = without_slashes_at_the_end(exported);
  const SharedPath* best = nullptr;
  for (const auto& shared : shared_paths) {
    if (lies_within(path, shared.path) &&
        (best == nullptr || shared.path.size() > best->path.size())) {
      best = &shared;
    }
  }
  return best;
}

bool may_follow(const std::vector<SharedPath>& shared_paths, std::string_view exported,
                bool read_only) {
  if (read_only) return true;
  const SharedPath* shared = shared_path_of(shared_paths, exported);
  return shared != nullptr && shared->same_data;
}

}  // namespace sn
