#include "agent/watch/mount_facts.h"

#include <string>
#include <vector>

#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "agent/watch/mount_table.h"

namespace sn::agent {

namespace {

constexpr size_t kMaxListBytes = 1024 * 1024;
constexpr size_t kMaxLoopDevices = 256;  // max_loop of a busy container host

// Swap files, and the images of loop devices. What is not there or can't be read is none.
std::vector<BackingFile> list_backing_files() {
  std::vector<BackingFile> files;
  if (const auto swaps = read_file("/proc/swaps", kMaxListBytes)) {
    // "Filename  Type  Size  Used  Priority", proc(5).
    size_t begin = swaps->find('\n');
    while (begin != std::string::npos && begin + 1 < swaps->size()) {
      const size_t line = begin + 1;
      begin = swaps->find('\n', line);
      const size_t end = swaps->find_first_of(" \t", line);
      if (end == std::string::npos) break;
      const std::string path = swaps->substr(line, end - line);
      if (swaps->compare(swaps->find_first_not_of(" \t", end), 4, "file") == 0) {
        files.push_back({path, Fact(FactCode::swap_file, {.place = path})});
      }
    }
  }
  const DirectoryHandle dir = open_kept_directory("/sys/block");
  while (const dirent* entry = dir ? readdir(dir.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (!name.starts_with("loop") || files.size() == kMaxLoopDevices) continue;
    auto path = read_file("/sys/block/" + name + "/loop/backing_file", kMaxListBytes);
    if (!path) continue;
    while (!path->empty() && path->back() == '\n') path->pop_back();
    files.push_back({*path, Fact(FactCode::loop_image, {.place = *path, .name = "/dev/" + name})});
  }
  return files;
}

}  // namespace

Result<MountFacts> read_mount_facts() {
  auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) return tl::unexpected(table.error());
  MountFacts facts;
  facts.table = std::move(*table);
  facts.backing_files = list_backing_files();
  return facts;
}

}  // namespace sn::agent
