#include "agent/watch/files.h"

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
#include <deque>
#include <set>
#include <utility>

#include "agent/leases/holder.h"
#include "agent/watch/bounded.h"
#include "agent/watch/kept.h"
#include "agent/watch/name_pattern.h"
#include "common/base/file.h"
#include "common/wire/pack_fields.h"

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
  observation.unread.push_back({place, error.fact(), error.cure, kind.tier(), {}});
}

bool is_absent(int os_errno) { return os_errno == ENOENT || os_errno == ENOTDIR; }

std::vector<std::string> expand_here(const FileKind& kind, const std::string& pattern,
                                     Observation& observation) {
  return expand_pattern(pattern, [&](const std::string& directory, const Error& error) {
    unread(observation, kind, directory, error);
  });
}

// Programs that keep a file of ours behind a link and write it again whenever they like.
std::string foreign_owner(const std::string& real_path) {
  static const std::pair<const char*, const char*> kTerritories[] = {
      {"/run/systemd/resolve/", "systemd-resolved"},
      {"/run/systemd/", "systemd"},
      {"/run/dnsmasq/", "dnsmasq"},
      {"/run/NetworkManager/", "NetworkManager"},
      {"/var/run/NetworkManager/", "NetworkManager"},
      {"/run/resolvconf/", "resolvconf"},
      {"/etc/resolvconf/run/", "resolvconf"},
      {"/run/netconfig/", "netconfig"},
      {"/usr/lib/systemd/", "systemd"},
      {"/usr/lib/NetworkManager/", "NetworkManager"},
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

size_t room_left(const Observation& observation) {
  size_t taken = 0;
  for (const auto& file : observation.files) taken += file.text.size();
  return kMaxObservedBytes - std::min(taken, kMaxObservedBytes);
}

void read_here(const FileKind& kind, const std::string& path, Observation& observation,
               Seen& seen) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    // Absent: never created.
    if (!is_absent(errno)) unread(observation, kind, path, fail_errno("looking at", path).value());
    return;
  }
  const auto problem = [&](FactCode what) {
    observation.findings.push_back({FindingClass::note, path, Fact(what), {}});
  };
  std::string real_path = path;
  if (S_ISLNK(info.st_mode)) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr),
                                                               &std::free);
    if (!resolved) {
      if (is_absent(errno)) {
        problem(FactCode::link_to_nowhere);
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
    if (!S_ISDIR(info.st_mode)) problem(FactCode::no_regular_file);
    return;
  }
  // One file under two names (a link between /etc/ntp.conf and /etc/ntpsec/ntp.conf).
  if (!seen.emplace(info.st_dev, info.st_ino).second) return;
  ObservedFile file;
  file.path = path;
  file.real_path = real_path;
  file.kind = &kind;
  file.identity = identity_of(info);
  auto text = read_file(real_path, std::min(kMaxFileBytes, room_left(observation)));
  if (!text) {
    unread(observation, kind, path, text.error());
    return;
  }
  file.text = std::move(*text);
  file.owner = foreign_owner(real_path);
  if (!observation.live && !kind.moves_offline()) file.owner = kind.service();
  if (!file.owner.empty()) {
    file.place = FilePlace::foreign;
  } else if (is_read_only(real_path, observation.mounts.table)) {
    file.place = FilePlace::read_only;
  }
  observation.files.push_back(std::move(file));
}

// What read_here() found, across a pipe: a file, or why there is none.
struct FileAnswer {
  bool found = false;
  bool unread = false;
  Fact reason;
  Cure cure;
  std::string real_path;
  uint64_t device = 0, inode = 0, size = 0, modified_ns = 0, changed_ns = 0;
  uint64_t place = 0;
  std::string owner;
  std::string text;
};

template <class V>
void fields(V& v, FileAnswer& m) {
  v("found", m.found);
  v("unread", m.unread);
  v("reason", m.reason);
  v("cure", m.cure);
  v("real_path", m.real_path);
  v("device", m.device);
  v("inode", m.inode);
  v("size", m.size);
  v("modified", m.modified_ns);
  v("changed", m.changed_ns);
  v("place", m.place);
  v("owner", m.owner);
  v("text", m.text);
}

// A file, and what is said about it.
constexpr wire::Limits kAnswerLimits{kMaxFileBytes + 64 * 1024, wire::kMaxItems, kMaxFileBytes};

Result<std::string> to_text(const Observation& found) {
  FileAnswer answer;
  if (!found.files.empty()) {
    const ObservedFile& file = found.files.front();
    answer = {true,
              false,
              {},
              {},
              file.real_path,
              file.identity.device,
              file.identity.inode,
              file.identity.size,
              static_cast<uint64_t>(file.identity.modified_ns),
              static_cast<uint64_t>(file.identity.changed_ns),
              static_cast<uint64_t>(file.place),
              file.owner,
              file.text};
  } else if (!found.unread.empty()) {
    answer.unread = true;
    answer.reason = found.unread.front().reason;
    answer.cure = found.unread.front().cure;
  } else if (!found.findings.empty()) {
    answer.reason = found.findings.front().reason;
  }
  return wire::pack_whole(answer, kAnswerLimits);
}

void from_text(const FileKind& kind, const std::string& path, const std::string& text,
               const std::string& mount, Observation& observation) {
  const auto answer = wire::unpack<FileAnswer>(text, kAnswerLimits);
  if (!answer) {
    observation.unread.push_back({path, answer.error().fact(), {}, kind.tier(), mount});
  } else if (answer->unread) {
    observation.unread.push_back({path, answer->reason, answer->cure, kind.tier(), mount});
  } else if (answer->found) {
    ObservedFile file;
    file.path = path;
    file.kind = &kind;
    file.real_path = answer->real_path;
    file.identity.device = answer->device;
    file.identity.inode = answer->inode;
    file.identity.size = answer->size;
    file.identity.modified_ns = static_cast<int64_t>(answer->modified_ns);
    file.identity.changed_ns = static_cast<int64_t>(answer->changed_ns);
    file.place = static_cast<FilePlace>(answer->place);
    file.owner = answer->owner;
    file.text = answer->text;
    observation.files.push_back(std::move(file));
  } else if (!answer->reason.empty()) {
    observation.findings.push_back({FindingClass::note, path, answer->reason, {}});
  }
}

std::vector<std::string> expand(const FileKind& kind, const std::string& pattern,
                                const std::vector<Mount>& hanging, Observation& observation) {
  if (!is_pattern(pattern)) return {pattern};
  // Up to the first wildcard; what is behind it can't be known without listing.
  const std::string directory = directory_of(pattern.substr(0, pattern.find_first_of("*?[")));
  const Mount* mount = hanging_mount(hanging, observation.mounts.table, directory);
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
    observation.unread.push_back({directory, listed.error().fact(), {}, kind.tier(), mount->place});
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
        {path, found.error().fact(),
         Cure(
             CureCode::lies_on_mount,
             {.place = mount->place, .address = std::string(option_value(mount->options, "addr"))}),
         kind.tier(), mount->place});
  }
}

// Reads the files of one kind from its roots on, as far as they name others.
class FileGraph {
 public:
  FileGraph(const FileKind& kind, const std::vector<Mount>& hanging, Observation& observation,
            Seen& seen)
      : kind_(kind), hanging_(hanging), observation_(observation), seen_(seen) {}

  void read(const std::vector<Include>& roots) {
    for (const auto& root : roots) follow(kind_, "", root, 0);
    while (!waiting_.empty()) {
      const Named named = std::move(waiting_.front());
      waiting_.pop_front();
      follow(*named.kind, named.by, named.include, named.depth);
    }
  }

 private:
  struct Named {
    const FileKind* kind = nullptr;
    std::string by;  // the file that names it
    Include include;
    size_t depth = 0;
  };

  void follow(const FileKind& by_kind, const std::string& by, const Include& include,
              size_t depth) {
    const FileKind& kind = include.as == nullptr ? by_kind : *include.as;
    if (!include.unfollowed.empty()) {
      observation_.unread.push_back({place_of(by, include.line),
                                     include.unfollowed,
                                     Cure(CureCode::see_what_it_reads),
                                     kind.tier(),
                                     {}});
      return;
    }
    if (depth > kMaxIncludeDepth || named_.size() > kMaxIncludedFiles) {
      if (!std::exchange(too_many_said_, true)) {
        observation_.unread.push_back({place_of(by, include.line),
                                       Fact(FactCode::too_many_files, {.count = kMaxIncludedFiles}),
                                       Cure(CureCode::see_what_it_reads),
                                       kind.tier(),
                                       {}});
      }
      return;
    }
    const auto& unless = include.unless;
    if (std::any_of(unless.begin(), unless.end(),
                    [&](const auto& path) { return named_.contains(path) && exists(path); })) {
      return;
    }
    std::set<std::string> names;
    for (const auto& pattern : include.patterns) {
      for (const auto& path : expand(kind, pattern, hanging_, observation_)) {
        if (passed_over(include, path) || names.contains(name_of(path))) continue;
        if (named_.insert(path).second) {
          read_and_follow(kind, path, depth);
        } else {
          join(kind, path);
        }
        if (is_pattern(pattern) || exists(path)) names.insert(name_of(path));
      }
    }
  }

  // It is named a second time.
  void join(const FileKind& kind, const std::string& path) {
    for (auto& file : observation_.files) {
      if (file.path == path && file.kind->name() == kind.name()) {
        file.kind = file.kind->joined_with(kind);
      }
    }
  }

  // A path that was read, or that something is said of.
  [[nodiscard]] bool exists(const std::string& path) const {
    const auto any = [](const auto& list, const auto& is_it) {
      return std::any_of(list.begin(), list.end(), is_it);
    };
    return any(observation_.files, [&](const auto& file) { return file.path == path; }) ||
           any(observation_.unread, [&](const auto& said) { return said.place == path; }) ||
           any(observation_.findings, [&](const auto& said) { return said.place == path; });
  }

  static bool passed_over(const Include& include, const std::string& path) {
    if (include.without_copies && is_copy(path)) return true;
    const std::string name = name_of(path);
    const auto any = [](const std::vector<std::string>& list, const auto& is_it) {
      return std::any_of(list.begin(), list.end(), is_it);
    };
    return any(include.not_beginning, [&](const auto& part) { return name.starts_with(part); }) ||
           any(include.not_ending, [&](const auto& part) { return name.ends_with(part); });
  }

  void read_and_follow(const FileKind& kind, const std::string& path, size_t depth) {
    const size_t before = observation_.files.size();
    read_one(kind, path, hanging_, observation_, seen_);
    if (observation_.files.size() == before) return;
    for (auto& include : kind.includes(path, observation_.files.back().text)) {
      waiting_.push_back({&kind, path, std::move(include), depth + 1});
    }
  }

  const FileKind& kind_;
  const std::vector<Mount>& hanging_;
  Observation& observation_;
  Seen& seen_;
  std::deque<Named> waiting_;
  std::set<std::string> named_;  // paths, whether they exist or not
  bool too_many_said_ = false;
};

// As all_file_kinds(), which never change.
const std::vector<std::vector<Include>>& roots_of_kinds() {
  static const auto kRoots = [] {
    std::vector<std::vector<Include>> roots;
    for (const auto& kind : all_file_kinds()) roots.push_back(kind->roots());
    return roots;
  }();
  return kRoots;
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
                  Fact(FactCode::larger_than, {.count = max_bytes / 1024}),
                  Cure(CureCode::move_large_file));
    }
  }
}

Result<FileIdentity> file_identity(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return fail_errno("looking at", path);
  return identity_of(info);
}

void prepare_to_read_files() { (void)roots_of_kinds(); }

void read_files(const std::vector<Mount>& hanging, Observation& observation) {
  Seen seen;
  const auto& kinds = all_file_kinds();
  for (size_t i = 0; i < kinds.size(); ++i) {
    FileGraph(*kinds[i], hanging, observation, seen).read(roots_of_kinds()[i]);
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
    const bool seen = is_watched_file(directory_of(file.path), name_of(file.path));
    if (!bound && seen && file.real_path == file.path) continue;
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
  for (const auto& holder : all_lease_holders()) {
    if (!holder->written_to().empty()) directories.insert(directory_of(holder->written_to()));
  }
  std::vector<std::string> existing;
  for (const auto& directory : directories) {
    struct stat info{};
    if (stat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) existing.push_back(directory);
  }
  return existing;
}

bool is_watched_file(const std::string& directory, const std::string& name) {
  for (const auto& holder : all_lease_holders()) {
    const std::string written = holder->written_to();
    if (directory_of(written) == directory && name_of(written) == name) return true;
  }
  for (const auto& kind : all_file_kinds()) {
    for (const auto& pattern : kind->paths()) {
      if (directory_of(pattern) != directory) continue;
      const std::string last = name_of(pattern);
      // "auto.*" stands for its copies, too.
      if (matches_name(last, name) && (last.find('*') == 0 || !is_copy(name))) return true;
    }
  }
  return false;
}

}  // namespace sn::agent
