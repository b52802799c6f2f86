// Finds who uses a mount, and who can't let go of it, without touching the mount: /proc/PID/fdinfo
// names the mount of every open file (mnt_id, proc(5)), the links cwd, root and exe are text.
// Memory maps are not looked at: reading them takes a lock that a process in a page fault on a dead
// server may hold. The environment, which names the job, takes it too: of a process that waits in
// the kernel it is read with a deadline.
#pragma once

#include <string>
#include <vector>

#include "agent/mounts/mount.h"
#include "agent/mounts/mount_user.h"

namespace sn::agent {

// A node runs some hundreds of processes with some dozens of files; what is beyond is not listed.
inline constexpr size_t kMaxMountUsers = 256;
inline constexpr size_t kMaxOpenFiles = 65'536;

// Users of any of `mounts`, once for each file system, the heaviest use named. Never blocks.
[[nodiscard]] std::vector<MountUser> find_mount_users(const std::vector<Mount>& mounts);

// Locks held on a file system, as /proc/locks counts them (proc(5)).
[[nodiscard]] size_t count_locks(const std::string& superblock);
[[nodiscard]] size_t parse_locks(const std::string& locks, const std::string& superblock);

// The job in a cgroup path or an environment block ("A=1\0B=2\0"); empty: none.
[[nodiscard]] std::string job_of_cgroup(const std::string& cgroup);
[[nodiscard]] std::string job_of_environment(const std::string& environment);

}  // namespace sn::agent
