#include "agent/watch/foreign_mounts.h"

#include <algorithm>
#include <set>

#include "agent/watch/kept.h"
#include "agent/watch/mount_table.h"
#include "agent/watch/process.h"

namespace sn::agent {

namespace {

std::string namespace_of(const std::string& process) { return read_kept_link(process + "/ns/mnt"); }

}  // namespace

std::vector<ForeignMount> find_foreign_mounts(
    const std::vector<Mount>& own, const std::function<bool(const Mount&)>& concerns_us) {
  std::vector<ForeignMount> foreign;
  std::set<std::string> seen{"", namespace_of("/proc/self")};
  for (const int pid : all_pids()) {
    const std::string process = "/proc/" + std::to_string(pid);
    if (!seen.insert(namespace_of(process)).second) continue;
    if (seen.size() > kMaxNamespaces) break;
    const auto table = read_mount_table(process + "/mountinfo");
    if (!table) continue;  // it ended, or is not ours to see
    for (const auto& mount : *table) {
      if (!is_nfs(mount) || !concerns_us(mount) || foreign.size() == kMaxForeignMounts) continue;
      const bool ours_too = std::any_of(own.begin(), own.end(), [&](const Mount& mine) {
        return mine.place == mount.place && mine.superblock == mount.superblock;
      });
      if (!ours_too) foreign.push_back({pid, shown_process_name(pid), mount});
    }
  }
  return foreign;
}

}  // namespace sn::agent
