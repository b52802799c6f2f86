// Classifies the NFS mounts of a node: whose server each comes from, what the node needs it for,
// and what hangs from it. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/mounts/mount.h"
#include "common/model/identity.h"
#include "common/model/nfs_mount.h"

namespace sn::agent {

// The longest list of what hangs from one mount (NfsMount::upon); a person reads no more.
inline constexpr size_t kMaxUpon = 32;

// A block device's file: a loop device's image, or a swap file.
struct BackingFile {
  std::string path;  // of the file, as the kernel names it
  Fact use;          // "swap /swap0", "image of /opt/app"
};

// A mount of a service node that only another mount namespace has.
struct ForeignMount {
  int pid = 0;  // of a process in it
  std::string command;
  Mount mount;
};

// The mount table, and what else than mounts can keep a file system busy for ever.
struct MountFacts {
  std::vector<Mount> table;
  std::vector<BackingFile> backing_files;
  // Locks held, by superblock; of mounts that come from a service node.
  std::map<std::string, size_t> locks;
  std::vector<ForeignMount> foreign;
};

// One entry for every NFS mount, in the table's order. A mount that another one covers is left out
// unless it is the root's: nobody can reach it.
[[nodiscard]] std::vector<NfsMount> classify_mounts(const MountFacts& facts,
                                                    const IdentityIndex& identity);

// The node can't run without it: it can't be moved while the node runs. A statelite mount is
// `critical` too, but can be moved.
[[nodiscard]] bool holds_the_node(const NfsMount& mount);

// The path of "server:/path" or "[v6]:/path", and the server before it; empty if it is neither.
[[nodiscard]] std::string exported_path(std::string_view source);
[[nodiscard]] std::string server_of(std::string_view source);

// Where in its file system a mount begins, to compare two mounts of one superblock. NFS says "/" of
// every mount in the mount table's root field and has the path in its source (nfs_show_path and
// nfs_show_devname, fs/nfs/super.c).
[[nodiscard]] std::string path_in_file_system(const Mount& mount);

}  // namespace sn::agent
