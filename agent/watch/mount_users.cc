#include "agent/watch/mount_users.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <climits>
#include <cstring>
#include <map>

#include "agent/watch/bounded.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "agent/watch/process.h"
#include "common/base/clock.h"

namespace sn::agent {

namespace {

constexpr size_t kMaxSmallFile = 64 * 1024;
constexpr size_t kMaxProcesses = 32'768;  // the default pid_max
// The time for reading the memory of all processes that wait in the kernel. It answers at once or
// not at all.
constexpr int64_t kMemoryMs = 200;

bool is_number(const char* name) {
  return *name != '\0' && std::all_of(name, name + std::strlen(name),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// "key:\tvalue" in the style of /proc/PID/fdinfo and status.
std::string field_of(const std::string& text, std::string_view key) {
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') continue;
    const size_t value = line.find_first_not_of(" \t", key.size() + 1);
    return value == std::string_view::npos ? "" : std::string(line.substr(value));
  }
  return {};
}

// How strongly a process holds on to a file system; the greater counts.
enum class Hold { none, reads, runs, works, writes, waits };

const char* text_of(Hold hold) {
  switch (hold) {
    case Hold::none:
      return "";
    case Hold::reads:
      return "reads";
    case Hold::runs:
      return "runs from it";
    case Hold::works:
      return "works in it";
    case Hold::writes:
      return "writes";
    case Hold::waits:
      return "waits in the kernel";
  }
  return "";
}

class Process {
 public:
  Process(int pid, const std::vector<Mount>& mounts)
      : dir_("/proc/" + std::to_string(pid)), mounts_(mounts) {}

  // How strongly the process holds on to each file system, by superblock.
  std::map<std::string, Hold> holds() {
    // A thread of the kernel, or one that is gone: it holds on to nothing of ours.
    if (read_kept_link(dir_ + "/exe").empty()) return holds_;
    look_at_links();
    look_at_files();
    if (!holds_.empty() && waits()) {
      for (auto& [superblock, hold] : holds_) hold = Hold::waits;
    }
    return holds_;
  }

  [[nodiscard]] std::string user() const {
    struct stat info{};
    if (stat(dir_.c_str(), &info) != 0) return "?";
    // Not getpwuid(): it may ask a directory server that died with the service node.
    const auto passwd = read_file("/etc/passwd", 1024 * 1024);
    const std::string id = std::to_string(info.st_uid);
    size_t begin = 0;
    while (passwd && begin < passwd->size()) {
      const size_t end = std::min(passwd->find('\n', begin), passwd->size());
      const std::string line = passwd->substr(begin, end - begin);
      begin = end + 1;
      const size_t first = line.find(':');
      const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
      if (second == std::string::npos) continue;
      if (line.compare(second + 1, id.size() + 1, id + ":") == 0) return line.substr(0, first);
    }
    return "uid " + id;
  }

  // `patience_ms` is what is left for reading the memory of processes that wait in the kernel: most
  // wait in a call, and only one that waits in a page fault holds the lock that this takes.
  [[nodiscard]] std::string job(bool waits, int64_t& patience_ms) const {
    if (const auto cgroup = read_file(dir_ + "/cgroup", kMaxSmallFile)) {
      if (auto job = job_of_cgroup(*cgroup); !job.empty()) return job;
    }
    const std::string path = dir_ + "/environ";
    if (!waits) {
      const auto environment = read_file(path, kMaxSmallFile);
      return environment ? job_of_environment(*environment) : "";
    }
    if (patience_ms <= 0) return {};
    const MonotonicTime begin = monotonic_now();
    const auto environment =
        run_bounded([&] { return read_file(path, kMaxSmallFile); }, patience_ms, path);
    patience_ms -= monotonic_now() - begin;
    return environment ? job_of_environment(*environment) : "";
  }

 private:
  void hold(const std::string& superblock, Hold how) {
    Hold& now = holds_[superblock];
    now = std::max(now, how);
  }

  void look_at_links() {
    for (const auto& [name, how] : {std::pair{"/cwd", Hold::works}, std::pair{"/root", Hold::works},
                                    std::pair{"/exe", Hold::runs}}) {
      const std::string path = read_kept_link(dir_ + name);
      if (path.empty()) continue;
      for (const auto& mount : mounts_) {
        if (mount.place != "/" && lies_within(path, mount.place)) hold(mount.superblock, how);
      }
    }
  }

  void look_at_files() {
    const std::string fds = dir_ + "/fd/", infos = dir_ + "/fdinfo/";
    const DirectoryHandle dir = open_kept_directory(dir_ + "/fd");
    if (!dir) return;
    size_t looked_at = 0;
    while (const dirent* entry = readdir(dir.get())) {
      if (!is_number(entry->d_name) || ++looked_at > kMaxOpenFiles) continue;
      // The name tells cheaply that most have nothing to do with us; the mount is what counts.
      const std::string path = read_kept_link(fds + entry->d_name);
      const bool perhaps = std::any_of(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
        return lies_within(path, mount.place);
      });
      if (!perhaps) continue;
      const auto text = read_file(infos + entry->d_name, kMaxSmallFile);
      if (!text) continue;
      const std::string id = field_of(*text, "mnt_id");
      for (const auto& mount : mounts_) {
        if (std::to_string(mount.id) != id) continue;
        // Octal, open(2): the access mode is in the lowest two bits.
        const std::string flags = field_of(*text, "flags");
        const bool writes = !flags.empty() && ((flags.back() - '0') & 3) != 0;
        hold(mount.superblock, writes ? Hold::writes : Hold::reads);
      }
    }
  }

  // Any thread of it.
  [[nodiscard]] bool waits() const {
    const std::string tasks = dir_ + "/task";
    const DirectoryHandle dir = open_kept_directory(tasks);
    if (!dir) return false;
    while (const dirent* entry = readdir(dir.get())) {
      if (!is_number(entry->d_name)) continue;
      const auto text = read_file(tasks + "/" + entry->d_name + "/stat", kMaxSmallFile);
      if (!text) continue;
      const auto stat = parse_process_stat(*text);
      if (stat && stat->state == 'D') return true;
    }
    return false;
  }

  const std::string dir_;
  const std::vector<Mount>& mounts_;
  std::map<std::string, Hold> holds_;
};

std::string digits_after(std::string_view text, std::string_view prefix) {
  for (size_t at = text.find(prefix); at != std::string_view::npos;
       at = text.find(prefix, at + 1)) {
    size_t end = at + prefix.size();
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    if (end > at + prefix.size())
      return std::string(text.substr(at + prefix.size(), end - at - prefix.size()));
  }
  return {};
}

}  // namespace

std::vector<MountUser> find_mount_users(const std::vector<Mount>& mounts) {
  std::vector<MountUser> users;
  if (mounts.empty()) return users;
  size_t looked_at = 0;
  int64_t patience_ms = kMemoryMs;
  for (const int pid : all_pids()) {
    if (++looked_at > kMaxProcesses) break;
    Process process(pid, mounts);
    for (const auto& [superblock, hold] : process.holds()) {
      if (users.size() == kMaxMountUsers) return users;
      MountUser user;
      user.pid = pid;
      user.command = shown_process_name(pid);
      user.user = process.user();
      user.stuck = hold == Hold::waits || hold == Hold::writes;
      user.job = process.job(hold == Hold::waits, patience_ms);
      user.superblock = superblock;
      user.how = text_of(hold);
      users.push_back(std::move(user));
    }
  }
  std::sort(users.begin(), users.end(),
            [](const MountUser& a, const MountUser& b) { return a.pid < b.pid; });
  return users;
}

// "1: POSIX  ADVISORY  WRITE 812 00:2d:1234 0 EOF"; a waiter has "->" after the number.
size_t parse_locks(const std::string& locks, const std::string& superblock) {
  const size_t colon = superblock.find(':');
  if (colon == std::string::npos) return 0;
  const auto number = [](std::string_view text, int base) {
    unsigned value = UINT_MAX;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
  };
  const unsigned major = number(std::string_view(superblock).substr(0, colon), 10);
  const unsigned minor = number(std::string_view(superblock).substr(colon + 1), 10);
  size_t count = 0, begin = 0;
  while (begin < locks.size()) {
    const size_t end = std::min(locks.find('\n', begin), locks.size());
    const std::string_view line = std::string_view(locks).substr(begin, end - begin);
    begin = end + 1;
    if (line.find("->") != std::string_view::npos) continue;
    // The one word with two colons in it.
    size_t word = 0;
    while (word < line.size()) {
      const size_t blank = std::min(line.find(' ', word), line.size());
      const std::string_view text = line.substr(word, blank - word);
      word = blank + 1;
      const size_t first = text.find(':');
      const size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
      if (second == std::string_view::npos) continue;
      if (number(text.substr(0, first), 16) == major &&
          number(text.substr(first + 1, second - first - 1), 16) == minor) {
        ++count;
      }
    }
  }
  return count;
}

size_t count_locks(const std::string& superblock) {
  const auto locks = read_file("/proc/locks", 4 * 1024 * 1024);
  return locks ? parse_locks(*locks, superblock) : 0;
}

std::string job_of_cgroup(const std::string& cgroup) {
  // Slurm: ".../slurmstepd.scope/job_812/..." or "/slurm/uid_1000/job_812".
  if (cgroup.find("slurm") != std::string::npos) {
    if (const auto id = digits_after(cgroup, "job_"); !id.empty()) return "slurm " + id;
  }
  // LSF: "/lsf/CLUSTER/job.4711.23.1700000000".
  if (cgroup.find("/lsf/") != std::string::npos) {
    if (const auto id = digits_after(cgroup, "job."); !id.empty()) return "lsf " + id;
  }
  return {};
}

std::string job_of_environment(const std::string& environment) {
  for (const auto& [name, system] :
       {std::pair{"SLURM_JOB_ID=", "slurm "}, std::pair{"LSB_JOBID=", "lsf "}}) {
    size_t begin = 0;
    while (begin < environment.size()) {
      const size_t end = std::min(environment.find('\0', begin), environment.size());
      const std::string_view entry = std::string_view(environment).substr(begin, end - begin);
      begin = end + 1;
      if (!entry.starts_with(name)) continue;
      const auto id = digits_after(entry, name);
      if (!id.empty()) return system + id;
    }
  }
  return {};
}

}  // namespace sn::agent
