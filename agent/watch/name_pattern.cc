#include "agent/watch/name_pattern.h"

#include <dirent.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/file.h"

namespace sn::agent {

namespace {

using Problem = std::function<void(const std::string&, const Error&)>;

Error too_many(const std::string& directory, size_t limit) {
  return fail(ErrorClass::limit, "listing", directory,
              Fact(FactCode::too_many_files, {.count = limit}), Cure(CureCode::move_elsewhere))
      .value();
}

// The names of a directory that match, sorted. `room` is how many more paths are wanted.
std::vector<std::string> list(const std::string& directory, const std::string& pattern, size_t room,
                              const Problem& problem) {
  std::vector<std::string> names;
  const DirectoryHandle dir(opendir(directory.empty() ? "/" : directory.c_str()));
  if (!dir) {
    // Absent: no file of the pattern was ever made.
    if (errno != ENOENT && errno != ENOTDIR) {
      problem(directory, fail_errno("listing", directory).value());
    }
    return names;
  }
  while (const dirent* entry = readdir(dir.get())) {
    if (!matches_name(pattern, entry->d_name)) continue;
    if (names.size() >= room) {
      problem(directory, too_many(directory, kMaxFilesPerPattern));
      break;
    }
    names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

bool is_pattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

bool matches_name(const std::string& pattern, const std::string& name) {
  if (!is_pattern(pattern)) return name == pattern;
  return !name.starts_with('.') && fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

bool is_copy(std::string_view name) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {"~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".save", ".swp",
       ".ucf-dist", ".ucf-new", ".ucf-old", ".xcatsave", ".XCATORIG"});
  return name.find(".dpkg-") != std::string_view::npos ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

std::vector<std::string> expand_pattern(const std::string& pattern, const Problem& problem) {
  if (!is_pattern(pattern)) return {pattern};
  std::vector<std::string> paths = {""};
  size_t directories = 0;
  for (size_t begin = 1; begin <= pattern.size();) {
    const size_t end = std::min(pattern.find('/', begin), pattern.size());
    const std::string part = pattern.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty()) continue;
    std::vector<std::string> longer;
    for (const auto& path : paths) {
      if (!is_pattern(part)) {
        longer.push_back(path + "/");
        longer.back() += part;
        continue;
      }
      if (++directories > kMaxDirectoriesPerPattern) {
        problem(path, too_many(path, kMaxDirectoriesPerPattern));
        break;
      }
      for (const auto& name : list(path, part, kMaxFilesPerPattern - longer.size(), problem)) {
        longer.push_back(path + "/");
        longer.back() += name;
      }
    }
    paths = std::move(longer);
  }
  return paths;
}

}  // namespace sn::agent
