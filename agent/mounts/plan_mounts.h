// Plans what becomes of the mounts that come from a service node which is left. Pure.
//
// A mount is swapped only if that loses nothing: it is read-only, or the inventory says that both
// service nodes export one back end. Any other one is left and named.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/mounts/classify.h"
#include "agent/mounts/mount_user.h"
#include "agent/references/kind.h"
#include "common/model/identity.h"
#include "common/model/nfs_mount.h"

namespace sn::agent {

// Where the new file system, or a part of it, takes the place of the old one.
struct SwapPlace {
  std::string place;                // mount point
  std::string subpath;              // below the new file system's root; empty: the root itself
  std::string attributes;           // of the mount: "ro,nosuid"
  std::vector<std::string> nested;  // mount points directly upon it, carried over as they are
  bool operator==(const SwapPlace&) const = default;
};

// One file system of the old service node, replaced by one of the new one in every place.
struct MountSwap {
  std::string superblock;  // of the old one
  std::string type;        // "nfs", "nfs4"
  std::string source_before, source;
  std::string address_before, address;
  std::string options;       // for the new one, without its address
  std::string marker;        // a file both copies must hold alike; empty: none
  std::string marker_place;  // the mount point below which the old copy of it lies
  bool read_only = false;
  std::vector<int> kill;                       // processes that are ended first (StuckPolicy::kill)
  bool force = false;                          // MNT_FORCE before the detach
  std::vector<SwapPlace> places;               // outermost first
  [[nodiscard]] std::string describe() const;  // "/shared_home from SN..." for people
  bool operator==(const MountSwap&) const = default;
};

struct MountPlan {
  std::vector<MountSwap> swaps;
  std::vector<Finding> findings;  // `blocked` ones refuse the node, `left` ones make it partly
};

// Every NFS mount whose server is declared, as a reference.
[[nodiscard]] std::vector<Reference> mount_references(const std::vector<NfsMount>& mounts);

// Mounts that only other mount namespaces have. They can't be swapped from here, but propagation
// may do it: what is left of them afterwards ends with its process.
[[nodiscard]] std::vector<Reference> foreign_mount_references(
    const std::vector<ForeignMount>& foreign, const IdentityIndex& identity);

// "mount /shared_home": how a mount is named in references and findings.
[[nodiscard]] std::string mount_name(const std::string& place);

[[nodiscard]] MountPlan plan_mounts(const MountFacts& facts, const std::vector<MountUser>& users,
                                    const IdentityIndex& identity, const Move& move,
                                    StuckPolicy policy);

// The mounts among them that the node can't run without (root, /usr, swap, an overlay's lower):
// each a `blocked` finding, and the node is not to be touched. They need nothing but the mount
// table: a node whose root does not answer can still say so.
[[nodiscard]] std::vector<Finding> find_immovable(const MountFacts& facts,
                                                  const IdentityIndex& identity, const Move& move);

// The superblock's options for a mount of another server: what named the old one is left out.
[[nodiscard]] std::string carried_options(std::string_view options);

}  // namespace sn::agent
