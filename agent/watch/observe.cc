#include "agent/watch/observe.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <set>

#include "agent/plan/inventory.h"
#include "agent/references/hosts.h"
#include "agent/routes/kernel_routes.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

namespace {

FileIdentity identity_of(const struct stat& info) {
  const auto ns = [](const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return {info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size), ns(info.st_mtim),
          ns(info.st_ctim)};
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "*" or "*.conf", never a hidden name (DESIGN: our own temporary files are hidden).
bool matches(const std::string& pattern, const std::string& name) {
  if (pattern.empty() || pattern.front() != '*') return name == pattern;
  return !name.empty() && name.front() != '.' && name.ends_with(pattern.substr(1));
}

struct DirCloser {
  void operator()(DIR* dir) const { closedir(dir); }
};

void unread(Observation& observation, const FileKind& kind, const std::string& place,
            const Error& error) {
  observation.unread.push_back({place, error.message(), error.cure, kind.tier()});
}

bool is_absent(int os_errno) { return os_errno == ENOENT || os_errno == ENOTDIR; }

std::vector<std::string> expand(const FileKind& kind, const std::string& pattern,
                                Observation& observation) {
  const std::string last = name_of(pattern);
  if (last.empty() || last.front() != '*') return {pattern};
  const std::string directory = directory_of(pattern);
  std::vector<std::string> paths;
  const std::unique_ptr<DIR, DirCloser> dir(opendir(directory.c_str()));
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

// Swap files, and the images of loop devices. What is not there or can't be read is none.
std::vector<BackingFile> list_backing_files() {
  std::vector<BackingFile> files;
  if (const auto swaps = read_file("/proc/swaps", kMaxFileBytes)) {
    // "Filename  Type  Size  Used  Priority", proc(5).
    size_t begin = swaps->find('\n');
    while (begin != std::string::npos && begin + 1 < swaps->size()) {
      const size_t line = begin + 1;
      begin = swaps->find('\n', line);
      const size_t end = swaps->find_first_of(" \t", line);
      if (end == std::string::npos) break;
      const std::string path = swaps->substr(line, end - line);
      if (swaps->compare(swaps->find_first_not_of(" \t", end), 4, "file") == 0) {
        files.push_back({path, "swap " + path});
      }
    }
  }
  const std::unique_ptr<DIR, DirCloser> dir(opendir("/sys/block"));
  while (const dirent* entry = dir ? readdir(dir.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (!name.starts_with("loop") || files.size() == kMaxFilesPerDirectory) continue;
    auto path = read_file("/sys/block/" + name + "/loop/backing_file", kMaxFileBytes);
    if (!path) continue;
    while (!path->empty() && path->back() == '\n') path->pop_back();
    files.push_back({*path, "image " + *path + " of /dev/" + name});
  }
  return files;
}

void observe_mounts(const Directory& directory, Observation& observation) {
  auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) {
    observation.unread.push_back(
        {"mounts", table.error().message(), table.error().cure, Tier::essential});
    return;
  }
  observation.mounts.table = std::move(*table);
  std::vector<Mount> concerned;
  const IdentityIndex identity(directory);
  for (const auto& mount : observation.mounts.table) {
    if (!is_nfs(mount)) continue;
    const auto owner = identity.owner_of(option_value(mount.options, "addr"));
    if (owner && owner->kind == Owner::Kind::service_node) concerned.push_back(mount);
  }
  if (concerned.empty()) return;
  observation.mounts.backing_files = list_backing_files();
  observation.mount_users = find_mount_users(concerned);
}

void read_one(const FileKind& kind, const std::string& path, Observation& observation,
              std::set<std::pair<uint64_t, uint64_t>>& seen) {
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
  struct statvfs fs{};
  if (!file.owner.empty()) {
    file.place = FilePlace::foreign;
  } else if (statvfs(real_path.c_str(), &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0) {
    file.place = FilePlace::read_only;
  }
  observation.files.push_back(std::move(file));
}

void read_boot_words(Observation& observation) {
  const auto text = read_file("/proc/cmdline", 64 * 1024);
  if (!text) return;
  size_t begin = 0;
  while (begin < text->size()) {
    const size_t end = std::min(text->find_first_of(" \t\n", begin), text->size());
    const std::string word = text->substr(begin, end - begin);
    begin = end + 1;
    const size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    observation.boot_words.push_back(
        {"/proc/cmdline", word.substr(0, equals), word.substr(equals + 1)});
  }
}

std::string first_word(const std::string& path) {
  const auto text = read_file(path, 4096);
  if (!text) return {};
  return text->substr(0, text->find_first_of(" \t\r\n"));
}

// A root tree has no interfaces: its own address is what its hosts file says of its own name, else
// any network on which it refers to a service node.
void guess_own_addresses(const Directory& directory, Observation& observation) {
  const IdentityIndex identity = identity_on(observation, directory);
  const auto add_on_network = [&](const IpAddress& address) {
    for (const auto& node : directory.service_nodes) {
      if (const NetworkAddress* theirs = node.address_on_network_of(address)) {
        observation.own_addresses.push_back({address, theirs->prefix_length});
        return;
      }
    }
  };
  const std::string own = comparable_name(observation.host_name);
  for (const auto& file : observation.files) {
    if (file.kind->name() != "hosts" || own.empty()) continue;
    for (const auto& [name, address] : host_aliases(file.text)) {
      const std::string alias = comparable_name(name);
      if (alias == own || alias.substr(0, alias.find('.')) == own) add_on_network(address);
    }
  }
  if (!observation.own_addresses.empty()) return;
  for (const auto& reference : take_inventory(observation, identity).references) {
    if (const auto address = IpAddress::parse(reference.value)) add_on_network(*address);
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
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

Observation observe(const Directory& directory, bool live) {
  Observation observation;
  observation.live = live;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  if (live) observe_mounts(directory, observation);
  for (const auto& kind : all_file_kinds()) {
    for (const auto& pattern : kind->paths()) {
      for (const auto& path : expand(*kind, pattern, observation)) {
        read_one(*kind, path, observation, seen);
      }
    }
  }
  if (!live) {
    observation.host_name = first_word("/etc/hostname");
    guess_own_addresses(directory, observation);
    return observation;
  }
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) == 0) observation.host_name = name;
  if (auto addresses = list_own_addresses()) {
    observation.own_addresses = std::move(*addresses);
  } else {
    observation.unread.push_back(
        {"addresses", addresses.error().message(), "ip address, on the node", Tier::essential});
  }
  if (auto routes = list_routes()) {
    observation.routes = std::move(*routes);
  } else {
    observation.unread.push_back(
        {"route", routes.error().message(), "ip route, on the node", Tier::essential});
  }
  read_boot_words(observation);
  return observation;
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
