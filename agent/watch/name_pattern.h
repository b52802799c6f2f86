// Names of files with wildcards, as glob(7) has them, found with a bound on what is walked: a
// pattern comes out of a file that anybody may have written.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sn::agent {

// More files than any site has in rsyslog.d and the like, for one pattern.
inline constexpr size_t kMaxFilesPerPattern = 256;
// The directories that one pattern leads through: wildcards in two components are rare.
inline constexpr size_t kMaxDirectoriesPerPattern = 64;

[[nodiscard]] bool is_pattern(std::string_view path);

// Whether a name of one component is meant. A dot in front is never meant by a wildcard: our own
// temporary files are hidden so.
[[nodiscard]] bool matches_name(const std::string& pattern, const std::string& name);

// True for what package managers, editors and xCAT leave beside a file ("ntp.conf.rpmsave").
[[nodiscard]] bool is_copy(std::string_view name);

// The paths that a pattern stands for, sorted; a path without wildcards is itself, whether it
// exists or not. What can't be listed or is too much is told to `problem` with its directory, and
// the rest goes on. Blocks where the file system blocks.
[[nodiscard]] std::vector<std::string> expand_pattern(
    const std::string& pattern,
    const std::function<void(const std::string& directory, const Error& error)>& problem);

}  // namespace sn::agent
