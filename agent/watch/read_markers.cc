#include "agent/watch/read_markers.h"

#include <fcntl.h>
#include <unistd.h>

#include "agent/mounts/classify.h"
#include "agent/mounts/markers.h"
#include "agent/watch/bounded.h"
#include "common/base/digest.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

Result<std::string> read_marker_at(int directory, const std::string& path) {
  const UniqueFd fd(openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno("reading", path);
  std::string text(kMaxMarkerBytes, '\0');
  const ssize_t size = read(fd.get(), text.data(), text.size());
  if (size < 0) return fail_errno("reading", path);
  text.resize(static_cast<size_t>(size));
  return Digest().add(text).hex();
}

std::vector<wire::Marker> read_markers(const std::vector<Mount>& mounts,
                                       const Directory& directory) {
  std::vector<wire::Marker> markers;
  const IdentityIndex identity(directory);
  for (const auto& mount : mounts) {
    if (!is_nfs(mount)) continue;
    const auto owner = identity.owner_of(option_value(mount.options, "addr"));
    if (!owner || owner->kind != Owner::Kind::service_node) continue;
    if (mount.root != "/" || markers.size() == kMaxMarkers) continue;
    const SharedPath* shared = shared_path_of(directory.shared_paths, exported_path(mount.source));
    if (shared == nullptr || shared->marker.empty()) continue;
    if (!marker_digest(markers, mount.superblock, mount.source).empty()) continue;
    const std::string path = mount.place + "/" + shared->marker;
    auto digest = run_bounded([&] { return read_marker_at(AT_FDCWD, path); }, kMarkerMs, path);
    if (digest) markers.push_back({mount.superblock, mount.source, std::move(*digest)});
  }
  return markers;
}

}  // namespace sn::agent
