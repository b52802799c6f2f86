// A process that uses a mount, as a value; watch/mount_users.h finds them.
#pragma once

#include <string>

namespace sn::agent {

struct MountUser {
  int pid = 0;
  std::string user;        // name, or "uid 1000"
  std::string command;     // the kernel's, at most 15 bytes
  std::string job;         // "slurm 812", "lsf 4711"; empty: not known to be one
  std::string superblock;  // of the mount it uses
  // It waits in the kernel (state D), or has a file open for writing: detaching the mount would
  // lose what it writes, or leave it waiting for ever.
  bool stuck = false;
  std::string how;  // "waits in the kernel", "writes", "reads", "works in it", "runs from it"
  bool operator==(const MountUser&) const = default;
};

}  // namespace sn::agent
