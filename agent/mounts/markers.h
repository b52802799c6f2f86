// Remembers what the markers of [[shared_path]] said while their servers answered. When a service
// node has died its copy can't be read any more, and yet the new copy is to be compared with it.
// Pure; watch/read_markers.h reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/model/nfs_mount.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A node mounts some few paths that two service nodes share.
inline constexpr size_t kMaxMarkers = 16;

// `fresh` replaces what was known of the same file system; what is not mounted any more is dropped.
void remember_markers(std::vector<wire::Marker> fresh, const std::vector<NfsMount>& mounts,
                      std::vector<wire::Marker>& known);

// Empty: nothing is known of it.
[[nodiscard]] std::string marker_digest(const std::vector<wire::Marker>& known,
                                        std::string_view superblock, std::string_view source);

}  // namespace sn::agent
