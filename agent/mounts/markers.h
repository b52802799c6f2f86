// What the markers of [[shared_path]] said while their servers answered. When a service node has
// died its copy can't be read any more, and yet the new copy is to be compared with it.
#pragma once

#include <string>
#include <vector>

#include "agent/mounts/mount_table.h"
#include "common/model/service_node.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A node mounts some few paths that two service nodes share.
inline constexpr size_t kMaxMarkers = 16;

// A server that lives answers in some milliseconds, and a dead one never.
inline constexpr int kMarkerMs = 300;

// The first bytes of a marker: enough to tell two back ends apart.
inline constexpr size_t kMaxMarkerBytes = 4'096;

// Of every NFS file system of a service node among `mounts` that has one. Each is read in a
// process of its own; one that does not answer is left out.
[[nodiscard]] std::vector<wire::Marker> read_markers(const std::vector<Mount>& mounts,
                                                     const Directory& directory);

// `fresh` replaces what was known of the same file system; what is not mounted any more is dropped.
void remember_markers(std::vector<wire::Marker> fresh, const std::vector<NfsMount>& mounts,
                      std::vector<wire::Marker>& known);

// Empty: nothing is known of it.
[[nodiscard]] std::string marker_digest(const std::vector<wire::Marker>& known,
                                        std::string_view superblock, std::string_view source);

// The digest of a marker relative to `directory` (AT_FDCWD: as it stands).
[[nodiscard]] Result<std::string> read_marker_at(int directory, const std::string& path);

}  // namespace sn::agent
