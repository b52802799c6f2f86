// Mounts of network file systems other than NFS, as fstab(5) and systemd.mount(5) write them. What
// their servers export is not what service nodes share, so they are named and never changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/lines.h"
#include "agent/references/mention.h"

namespace sn::agent {

// A server that such a mount names.
struct OtherMount {
  Word host;
  std::string_view type;
  uint32_t line = 0;

  [[nodiscard]] Mention mention() const { return {host.offset, host.text, line, type}; }
};

// The servers of a source and of the options' values; empty for NFS and for what is no network
// file system:
//
//   //sn1/apps  sn1:/gv0  root@sn1:/x     mount.cifs(8), mount.glusterfs(8), mount.fuse.sshfs(8)
//   backup-volfile-servers=sn2:sn3, ip=, addr=
[[nodiscard]] std::vector<OtherMount> other_mount(const Word& source, std::string_view type,
                                                  const Word& options, uint32_t line);

// One finding `left` for each that names a service node of move.from.
[[nodiscard]] std::vector<Finding> findings_of(const std::vector<OtherMount>& mounts,
                                               const std::string& path,
                                               const IdentityIndex& identity, const Move& move);

}  // namespace sn::agent
