#include "agent/executor/directory_file.h"

#include <poll.h>
#include <sys/stat.h>

#include "agent/watch/files.h"
#include "agent/watch/only_root.h"
#include "common/base/clock.h"
#include "common/model/cluster_file.h"

namespace sn::agent {

namespace {

// An NFS v4 server that was away has forgotten what was open: the first calls after its return fail
// with EIO, until the client has said it all again.
constexpr int64_t kServerReturnsMs = 10'000;
constexpr int kServerReturnsStepMs = 200;

}  // namespace

wire::DirectoryRead as_read(const Directory& directory) {
  wire::DirectoryRead read{directory.digest()};
  for (const auto& node : directory.service_nodes) read.service_nodes.push_back(node.name);
  return read;
}

Status DirectoryFile::load() {
  const auto identity = file_identity(path_);
  auto directory = read();
  if (!directory) return tl::unexpected(directory.error());
  directory_ = std::move(*directory);
  if (identity) identity_ = *identity;
  return {};
}

Result<Directory> DirectoryFile::read() const {
  struct stat info{};
  if (stat(path_.c_str(), &info) != 0) {
    return fail_errno("reading", path_, Cure(CureCode::copy_directory_there));
  }
  // Whoever writes this file says where the node may be sent.
  if (Status owned = only_root_writes(path_); !owned) return tl::unexpected(owned.error());
  // Parsing it costs a slow node 15 ms.
  const auto identity = file_identity(path_);
  const bool is_link = !identity || identity->inode != info.st_ino;
  if (!is_link && identity_ && *identity == *identity_) return directory_;
  auto cluster = load_cluster(path_);
  if (!cluster) return tl::unexpected(cluster.error());
  return std::move(cluster->directory);
}

Result<Directory> DirectoryFile::read_patiently() const {
  const MonotonicTime until = monotonic_now() + kServerReturnsMs;
  while (true) {
    auto directory = read();
    const int os_errno = directory ? 0 : directory.error().os_errno;
    if ((os_errno != EIO && os_errno != ESTALE) || monotonic_now() >= until) return directory;
    poll(nullptr, 0, kServerReturnsStepMs);
  }
}

}  // namespace sn::agent
