#include "agent/mounts/foreign_mounts.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <set>

#include "agent/watch/files.h"

namespace sn::agent {

namespace {

struct DirCloser {
  void operator()(DIR* dir) const { closedir(dir); }
};

std::string namespace_of(const std::string& process) {
  std::array<char, 64> text{};
  const ssize_t size = readlink((process + "/ns/mnt").c_str(), text.data(), text.size());
  return size <= 0 ? "" : std::string(text.data(), static_cast<size_t>(size));
}

std::string command_of(const std::string& process) {
  auto text = read_file(process + "/comm", 256);
  if (!text) return "?";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

}  // namespace

std::vector<ForeignMount> find_foreign_mounts(
    const std::function<bool(const Mount&)>& concerns_us) {
  std::vector<ForeignMount> foreign;
  const auto own = read_mount_table("/proc/self/mountinfo");
  const std::unique_ptr<DIR, DirCloser> dir(opendir("/proc"));
  if (!own || !dir) return foreign;
  std::set<std::string> seen{"", namespace_of("/proc/self")};
  while (const dirent* entry = readdir(dir.get())) {
    int pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr != end || pid <= 0) continue;
    const std::string process = std::string("/proc/") + entry->d_name;
    if (!seen.insert(namespace_of(process)).second) continue;
    if (seen.size() > kMaxNamespaces) break;
    const auto table = read_mount_table(process + "/mountinfo");
    if (!table) continue;  // it ended, or is not ours to see
    for (const auto& mount : *table) {
      if (!is_nfs(mount) || !concerns_us(mount) || foreign.size() == kMaxForeignMounts) continue;
      const bool ours_too = std::any_of(own->begin(), own->end(), [&](const Mount& mine) {
        return mine.place == mount.place && mine.superblock == mount.superblock;
      });
      if (!ours_too) foreign.push_back({pid, command_of(process), mount});
    }
  }
  return foreign;
}

}  // namespace sn::agent
