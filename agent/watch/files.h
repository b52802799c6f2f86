// Reads the files of every kind as they lie on the node, links followed, from the roots of the kind
// to what they name (references/kind.h), and tells which of their directories are worth watching.
#pragma once

#include <string>
#include <vector>

#include "agent/mounts/mount.h"
#include "agent/plan/observation.h"
#include "agent/references/lines.h"

namespace sn::agent {

// The largest file that is read: what the kinds take (references/lines.h).
inline constexpr size_t kMaxFileBytes = kLargestFileBytes;
// All files of one look together, which are in memory at once. One hosts file of the largest size
// and whatever else a node has stay well below.
inline constexpr size_t kMaxObservedBytes = 48 * 1024 * 1024;
// Of one kind, with what its files name: more than any site has.
inline constexpr size_t kMaxIncludedFiles = 512;
// How deep files name others: people do three; rsyslog itself stops at ten.
inline constexpr size_t kMaxIncludeDepth = 16;

// Statelite binds some dozens of files; the kinds know no more.
inline constexpr size_t kMaxWatchedFiles = 128;

// Makes what each look needs and no look changes. For a process whose children look: they find it
// made, some 60 KiB.
void prepare_to_read_files();

// Adds to observation.files, .unread and .findings. Blocks where the file system blocks, but not on
// `hanging`: what lies on these mounts is read in a process of its own, for a second at most. They
// are told apart by observation.mounts.
void read_files(const std::vector<Mount>& hanging, Observation& observation);

// The directories whose changes concern us, for the watcher: of the kinds' files, and of those that
// daemons write when their servers change (leases/holder.h). Existing ones only.
[[nodiscard]] std::vector<std::string> watched_directories();
// True if a change of this name in this directory is a change of a file of ours.
[[nodiscard]] bool is_watched_file(const std::string& directory, const std::string& name);

// Lets `inotify` tell of changes of files that the watches of directories don't see: one that is
// bind-mounted or linked has its directory elsewhere. Walks paths, so it is called where blocking
// is allowed: a fork's copy of the descriptor is as good. A file that is replaced must be watched
// anew; watching one twice is nothing.
void watch_files_elsewhere(int inotify, const Observation& observation);

// Reads a whole regular file. limit: larger than `max_bytes`.
[[nodiscard]] Result<std::string> read_file(const std::string& path, size_t max_bytes);
[[nodiscard]] Result<FileIdentity> file_identity(const std::string& path);

}  // namespace sn::agent
