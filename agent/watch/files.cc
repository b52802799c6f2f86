#include "agent/watch/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <set>

#include "agent/watch/bounded.h"
#include "agent/watch/kept.h"
#include "common/base/file.h"

namespace sn::agent {

namespace {

// Device and inode of what was read already.
using Seen = std::set<std::pair<uint64_t, uint64_t>>;

FileIdentity identity_of(const struct stat& info) {
  const auto ns = [](const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return {info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size), ns(info.st_mtim),
          ns(info.st_ctim)};
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// What package managers, editors and xCAT leave beside a file.
bool is_copy(std::string_view name) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {"~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".save", ".swp",
       ".ucf-dist", ".ucf-new", ".ucf-old", ".xcatsave"});
  return name.find(".dpkg-") != std::string_view::npos ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

// "*", "*.conf" or "auto.*", never a hidden name (DESIGN: our own temporary files are hidden).
bool matches(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  if (name.empty() || name.front() == '.' || name.size() + 1 < pattern.size()) return false;
  if (star > 0 && is_copy(name)) return false;
  return name.starts_with(pattern.substr(0, star)) && name.ends_with(pattern.substr(star + 1));
}

// From the mount table, which asks no server; a root tree that is not running has none.
bool is_read_only(const std::string& path, const std::vector<Mount>& table) {
  if (const Mount* mount = mount_of(table, path)) {
    return has_option(mount->attributes, "ro") || has_option(mount->options, "ro");
  }
  struct statvfs fs{};
  return statvfs(path.c_str(), &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

void unread(Observation& observation, const FileKind& kind, const std::string& place,
            const Error& error) {
  observation.unread.push_back({place, error.message(), error.cure, kind.tier(), {}});
}

bool is_absent(int os_errno) { return os_errno == ENOENT || os_errno == ENOTDIR; }

std::vector<std::string> expand_here(const FileKind& kind, const std::string& pattern,
                                     Observation& observation) {
  const std::string last = name_of(pattern);
  if (last.find('*') == std::string::npos) return {pattern};
  const std::string directory = directory_of(pattern);
  std::vector<std::string> paths;
  const DirectoryHandle dir(opendir(directory.c_str()));
  if (!dir) {
    if (!is_absent(errno)) {
      unread(observation, kind, directory, fail_errno("listing", directory).value());
    }
    return paths;
  }
  while (const dirent* entry = readdir(dir.get())) {
    if (!matches(last, entry->d_name)) continue;
    if (paths.size() == kMaxFilesPerDirectory) {
      unread(observation, kind, directory,
             fail(ErrorClass::limit, "listing", directory,
                  "more than " + std::to_string(kMaxFilesPerDirectory) + " files",
                  "move what is no configuration elsewhere")
                 .value());
      break;
    }
    paths.push_back(directory + "/" + entry->d_name);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Programs that keep a file of ours behind a link and write it again whenever they like.
std::string foreign_owner(const std::string& real_path) {
  static const std::pair<const char*, const char*> kTerritories[] = {
      {"/run/systemd/resolve/", "systemd-resolved"},
      {"/run/NetworkManager/", "NetworkManager"},
      {"/var/run/NetworkManager/", "NetworkManager"},
      {"/run/resolvconf/", "resolvconf"},
      {"/etc/resolvconf/run/", "resolvconf"},
      {"/run/netconfig/", "netconfig"},
      {"/usr/lib/systemd/", "systemd"},
  };
  for (const auto& [prefix, owner] : kTerritories) {
    if (real_path.starts_with(prefix)) return owner;
  }
  return {};
}

// A server that lives answers within milliseconds.
constexpr int64_t kHangingFileMs = 1'000;
// As many as the kernel follows (path_resolution(7)).
constexpr int kMaxLinks = 40;

// The mount of a service node that a path leads onto, links followed as far as they can be without
// asking that mount's server; nullptr: none.
const Mount* hanging_mount(const std::vector<Mount>& hanging, const std::vector<Mount>& table,
                           std::string path) {
  if (hanging.empty()) return nullptr;
  for (int links = 0; links < kMaxLinks; ++links) {
    const Mount* mount = mount_of(table, path);
    for (const auto& candidate : hanging) {
      if (mount != nullptr && candidate.id == mount->id) return &candidate;
    }
    std::array<char, PATH_MAX> target{};
    const ssize_t size = readlink(path.c_str(), target.data(), target.size() - 1);
    if (size <= 0) return nullptr;
    const std::string text(target.data(), static_cast<size_t>(size));
    if (text.front() != '/') {
      path = directory_of(path);
      path.append("/").append(text);
    } else {
      path = text;
    }
  }
  return nullptr;
}

void read_here(const FileKind& kind, const std::string& path, Observation& observation,
               Seen& seen) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    // Absent: never created.
    if (!is_absent(errno)) unread(observation, kind, path, fail_errno("looking at", path).value());
    return;
  }
  const auto problem = [&](std::string reason, std::string cure) {
    observation.findings.push_back({FindingClass::note, path, std::move(reason), std::move(cure)});
  };
  std::string real_path = path;
  if (S_ISLNK(info.st_mode)) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr),
                                                               &std::free);
    if (!resolved) {
      if (is_absent(errno)) {
        problem("a link that leads nowhere", "");
      } else {
        unread(observation, kind, path, fail_errno("following", path).value());
      }
      return;
    }
    real_path = resolved.get();
    if (stat(real_path.c_str(), &info) != 0) {
      unread(observation, kind, path, fail_errno("looking at", real_path).value());
      return;
    }
  }
  if (!S_ISREG(info.st_mode)) {
    if (!S_ISDIR(info.st_mode)) problem("no regular file", "");
    return;
  }
  // One file under two names (a link between /etc/ntp.conf and /etc/ntpsec/ntp.conf).
  if (!seen.emplace(info.st_dev, info.st_ino).second) return;
  ObservedFile file;
  file.path = path;
  file.real_path = real_path;
  file.kind = &kind;
  file.identity = identity_of(info);
  auto text = read_file(real_path, kMaxFileBytes);
  if (!text) {
    unread(observation, kind, path, text.error());
    return;
  }
  file.text = std::move(*text);
  file.owner = foreign_owner(real_path);
  if (!file.owner.empty()) {
    file.place = FilePlace::foreign;
  } else if (is_read_only(real_path, observation.mounts.table)) {
    file.place = FilePlace::read_only;
  }
  observation.files.push_back(std::move(file));
}

// What read_here() found, across a pipe: fields that end with a zero byte, the text last.
std::string to_text(const Observation& found) {
  std::string text;
  const auto add = [&](const std::string& field) { (text += field).push_back('\0'); };
  if (!found.files.empty()) {
    const ObservedFile& file = found.files.front();
    add("file");
    add(file.real_path);
    for (const uint64_t number :
         {file.identity.device, file.identity.inode, file.identity.size,
          static_cast<uint64_t>(file.identity.modified_ns),
          static_cast<uint64_t>(file.identity.changed_ns), static_cast<uint64_t>(file.place)}) {
      add(std::to_string(number));
    }
    add(file.owner);
    text += file.text;
  } else if (!found.unread.empty()) {
    add("unread");
    add(found.unread.front().reason);
    add(found.unread.front().cure);
  } else if (!found.findings.empty()) {
    add("note");
    add(found.findings.front().reason);
  }
  return text;
}

void from_text(const FileKind& kind, const std::string& path, const std::string& text,
               const std::string& mount, Observation& observation) {
  size_t at = 0;
  const auto next = [&] {
    const size_t end = std::min(text.find('\0', at), text.size());
    const std::string field = text.substr(at, end - at);
    at = std::min(end + 1, text.size());
    return field;
  };
  const std::string what = next();
  if (what == "unread") {
    const std::string reason = next();
    observation.unread.push_back({path, reason, next(), kind.tier(), mount});
  } else if (what == "note") {
    observation.findings.push_back({FindingClass::note, path, next(), ""});
  } else if (what == "file") {
    ObservedFile file;
    file.path = path;
    file.kind = &kind;
    file.real_path = next();
    const auto number = [&] { return std::strtoull(next().c_str(), nullptr, 10); };
    file.identity.device = number();
    file.identity.inode = number();
    file.identity.size = number();
    file.identity.modified_ns = static_cast<int64_t>(number());
    file.identity.changed_ns = static_cast<int64_t>(number());
    file.place = static_cast<FilePlace>(number());
    file.owner = next();
    file.text = text.substr(at);
    observation.files.push_back(std::move(file));
  }
}

std::vector<std::string> expand(const FileKind& kind, const std::string& pattern,
                                const std::vector<Mount>& hanging, Observation& observation) {
  const std::string directory = directory_of(pattern);
  const Mount* mount = name_of(pattern).starts_with('*')
                           ? hanging_mount(hanging, observation.mounts.table, directory)
                           : nullptr;
  if (mount == nullptr) return expand_here(kind, pattern, observation);
  const auto listed = run_bounded(
      [&]() -> Result<std::string> {
        Observation own;
        std::string text;
        for (const auto& path : expand_here(kind, pattern, own)) {
          (text += path).push_back('\0');
        }
        if (own.unread.empty()) return text;
        return fail(ErrorClass::internal, "listing", directory, own.unread.front().reason);
      },
      kHangingFileMs, directory);
  std::vector<std::string> paths;
  if (!listed) {
    observation.unread.push_back(
        {directory, listed.error().message(), "", kind.tier(), mount->place});
    return paths;
  }
  for (size_t at = 0; at < listed->size();) {
    const size_t end = std::min(listed->find('\0', at), listed->size());
    paths.push_back(listed->substr(at, end - at));
    at = end + 1;
  }
  return paths;
}

void read_one(const FileKind& kind, const std::string& path, const std::vector<Mount>& hanging,
              Observation& observation, Seen& seen) {
  const Mount* mount = hanging_mount(hanging, observation.mounts.table, path);
  if (mount == nullptr) {
    read_here(kind, path, observation, seen);
    return;
  }
  const auto found = run_bounded(
      [&]() -> Result<std::string> {
        Observation one;
        read_here(kind, path, one, seen);
        return to_text(one);
      },
      kHangingFileMs, path);
  if (found) {
    from_text(kind, path, *found, mount->place, observation);
  } else {
    observation.unread.push_back(
        {path, found.error().message(),
         "it lies on the mount " + mount->place + " of " + option_value(mount->options, "addr"),
         kind.tier(), mount->place});
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, size_t max_bytes) {
  const UniqueFd fd = open_kept(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!fd) return fail_errno("reading", path);
  std::string text;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t size = read(fd.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("reading", path);
    if (size == 0) return text;
    text.append(buffer, static_cast<size_t>(size));
    if (text.size() > max_bytes) {
      return fail(ErrorClass::limit, "reading", path,
                  "larger than " + std::to_string(max_bytes / 1024) + " KiB",
                  "such a file is no configuration of ours; move it");
    }
  }
}

Result<FileIdentity> file_identity(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return fail_errno("looking at", path);
  return identity_of(info);
}

void read_files(const std::vector<Mount>& hanging, Observation& observation) {
  Seen seen;
  for (const auto& kind : all_file_kinds()) {
    for (const auto& pattern : kind->paths()) {
      for (const auto& path : expand(*kind, pattern, hanging, observation)) {
        read_one(*kind, path, hanging, observation, seen);
      }
    }
  }
}

void watch_files_elsewhere(int inotify, const Observation& observation) {
  constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
  const auto& table = observation.mounts.table;
  size_t watched = 0;
  for (const auto& file : observation.files) {
    const bool bound = std::any_of(table.begin(), table.end(), [&](const Mount& mount) {
      return mount.place == file.real_path;
    });
    if (!bound && file.real_path == file.path) continue;
    // Without a watch the slow look still finds every change.
    if (++watched > kMaxWatchedFiles) return;
    (void)inotify_add_watch(inotify, file.real_path.c_str(), kChanges);
  }
}

std::vector<std::string> watched_directories() {
  std::set<std::string> directories;
  for (const auto& kind : all_file_kinds()) {
    for (const auto& pattern : kind->paths()) directories.insert(directory_of(pattern));
  }
  std::vector<std::string> existing;
  for (const auto& directory : directories) {
    struct stat info{};
    if (stat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) existing.push_back(directory);
  }
  return existing;
}

bool is_watched_file(const std::string& directory, const std::string& name) {
  for (const auto& kind : all_file_kinds()) {
    for (const auto& pattern : kind->paths()) {
      if (directory_of(pattern) == directory && matches(name_of(pattern), name)) return true;
    }
  }
  return false;
}

}  // namespace sn::agent
