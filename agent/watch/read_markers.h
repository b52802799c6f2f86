// Reads the markers of [[shared_path]], and tells them apart by a digest (BLAKE2b) of their first
// bytes.
#pragma once

#include <string>
#include <vector>

#include "agent/mounts/mount.h"
#include "common/base/error.h"
#include "common/model/service_node.h"
#include "common/wire/messages.h"

namespace sn::agent {

// A server that lives answers in some milliseconds, and a dead one never.
inline constexpr int kMarkerMs = 300;

// The first bytes of a marker: enough to tell two back ends apart.
inline constexpr size_t kMaxMarkerBytes = 4'096;

// The markers of every NFS file system of a service node among `mounts` that has one. Each is read
// in a process of its own; one that does not answer is left out.
[[nodiscard]] std::vector<wire::Marker> read_markers(const std::vector<Mount>& mounts,
                                                     const Directory& directory);

// The digest of a marker relative to `directory` (AT_FDCWD: as it stands).
[[nodiscard]] Result<std::string> read_marker_at(int directory, const std::string& path);

}  // namespace sn::agent
