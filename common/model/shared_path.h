// A path that every service node exports from one back end, and the one rule that says whether a
// mount may follow a service node. A file that orders a mount (fstab, a map, a statelite table) and
// a mount that the kernel has are judged by it alike: a line that moves while its mount stays, or
// the other way round, would write to two copies of what is meant to be one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sn {

struct SharedPath {
  std::string path;  // as the service nodes export it: "/shared_home"; what is below it too
  bool same_data = false;
  // A file below `path` that both copies must hold with equal content before a mount is moved;
  // relative, empty: none.
  std::string marker;
  bool operator==(const SharedPath&) const = default;
};

// The path names what its text says: it begins at the root and has neither "." nor ".." nor an
// empty component. Slashes at the end say nothing. Any other path could lead out of what is shared.
[[nodiscard]] bool is_plain_path(std::string_view path);

// The longest shared path that `exported` is or lies below, or nullptr. nullptr, too, if `exported`
// is not plain. Points into `shared_paths`.
[[nodiscard]] const SharedPath* shared_path_of(const std::vector<SharedPath>& shared_paths,
                                               std::string_view exported);

// Whether a mount of `exported` may be taken from another service node. A read-only one holds the
// image, which is the same everywhere. What is written on one server is not on another, unless the
// directory says that all export it from one back end ([[shared_path]] same_data). A marker is
// compared where a mount is swapped, not here: text can't tell.
[[nodiscard]] bool may_follow(const std::vector<SharedPath>& shared_paths,
                              std::string_view exported, bool read_only);

}  // namespace sn
