// Reads the node: files of every kind, routes, addresses, boot words. Blocks wherever the file
// system blocks, so it only ever runs in a disposable child (or in a one-shot command).
#pragma once

#include <string>
#include <vector>

#include "agent/plan/observation.h"
#include "common/model/service_node.h"

namespace sn::agent {

// The largest file that is read. Files of our kinds have some kilobytes.
inline constexpr size_t kMaxFileBytes = 1024 * 1024;
// rsyslog.d and the like: more files than any site has.
inline constexpr size_t kMaxFilesPerDirectory = 256;

// `live` false: "/" is a root tree that is not running (the caller has entered it with chroot): no
// routes, no boot words, and the node's own network is taken from what its files say.
[[nodiscard]] Observation observe(const Directory& directory, bool live);

// The directories whose changes concern us, for the watcher. Existing ones only.
[[nodiscard]] std::vector<std::string> watched_directories();
// True if a change of this name in this directory is a change of a file of ours.
[[nodiscard]] bool is_watched_file(const std::string& directory, const std::string& name);

// Reads a whole regular file. limit: larger than `max_bytes`.
[[nodiscard]] Result<std::string> read_file(const std::string& path, size_t max_bytes);
[[nodiscard]] Result<FileIdentity> file_identity(const std::string& path);

}  // namespace sn::agent
