#include "agent/mounts/markers.h"

#include <algorithm>

namespace sn::agent {

void remember_markers(std::vector<wire::Marker> fresh, const std::vector<NfsMount>& mounts,
                      std::vector<wire::Marker>& known) {
  for (auto& marker : known) {
    if (!marker_digest(fresh, marker.superblock, marker.source).empty()) continue;
    const bool mounted = std::any_of(mounts.begin(), mounts.end(), [&](const NfsMount& mount) {
      return mount.superblock == marker.superblock && mount.source == marker.source;
    });
    if (mounted && fresh.size() < kMaxMarkers) fresh.push_back(std::move(marker));
  }
  known = std::move(fresh);
}

std::string marker_digest(const std::vector<wire::Marker>& known, std::string_view superblock,
                          std::string_view source) {
  for (const auto& marker : known) {
    if (marker.superblock == superblock && marker.source == source) return marker.digest;
  }
  return {};
}

}  // namespace sn::agent
