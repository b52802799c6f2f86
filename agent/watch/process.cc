#include "agent/watch/process.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "agent/watch/kept.h"

namespace sn::agent {

namespace {

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string path_of(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// As much of the file as one buffer holds, which is all of it for those read here.
std::string read_start(const std::string& path, size_t max_bytes) {
  const UniqueFd fd = open_kept(path, O_RDONLY);
  std::string text(max_bytes, '\0');
  size_t size = 0;
  while (fd && size < max_bytes) {
    const ssize_t got = read(fd.get(), text.data() + size, max_bytes - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
  // The name in field 2 may hold anything, so fields count from the last parenthesis.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= line.size()) return std::nullopt;
  std::string_view rest = line.substr(name_end + 2);
  ProcessStat stat;
  for (int field = 3; field <= 22; ++field) {
    const size_t end = rest.find(' ');
    const std::string_view text = rest.substr(0, end);
    if (field == 3 && text.size() == 1) stat.state = text.front();
    if (field == 4 && !parse_number(text, stat.parent)) return std::nullopt;
    if (field == 22 && !parse_number(text, stat.start_ticks)) return std::nullopt;
    if (end == std::string_view::npos) return field < 22 ? std::nullopt : std::optional(stat);
    rest.remove_prefix(end + 1);
  }
  return stat;
}

std::vector<int> all_pids() {
  std::vector<int> pids;
  const DirectoryHandle proc = open_kept_directory("/proc");
  if (!proc) return pids;
  while (const dirent* entry = readdir(proc.get())) {
    int pid = 0;
    if (parse_number(std::string_view(entry->d_name), pid)) pids.push_back(pid);
  }
  return pids;
}

std::optional<ProcessStat> process_stat(int pid) {
  return parse_process_stat(read_start(path_of(pid, "stat"), 4096));
}

std::string process_name(int pid) {
  std::string name = read_start(path_of(pid, "comm"), 256);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

std::string shown_process_name(int pid) {
  std::string name = process_name(pid);
  return name.empty() ? "?" : name;
}

std::optional<ProcessUsers> process_users(int pid) {
  const std::string text = read_start(path_of(pid, "status"), 4096);
  constexpr std::string_view kKey = "\nUid:";
  size_t at = text.find(kKey);
  if (at == std::string::npos) return std::nullopt;
  at += kKey.size();
  ProcessUsers users;
  for (uint32_t* user : {&users.real, &users.effective, &users.saved}) {
    at = std::min(text.find_first_not_of(" \t", at), text.size());
    const size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
    if (!parse_number(std::string_view(text).substr(at, end - at), *user)) return std::nullopt;
    at = end;
  }
  return users;
}

std::string process_executable(int pid) {
  std::string path = read_kept_link(path_of(pid, "exe"));
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path;
}

bool in_own_pid_namespace(int pid) {
  static const std::string kOwn = read_kept_link("/proc/self/ns/pid");
  return read_kept_link(path_of(pid, "ns/pid")) == kOwn;
}

std::vector<uint64_t> process_sockets(int pid) {
  constexpr size_t kMaxDescriptors = 1'024;
  constexpr std::string_view kSocket = "socket:[";
  std::vector<uint64_t> inodes;
  const DirectoryHandle descriptors = open_kept_directory(path_of(pid, "fd"));
  if (!descriptors) return inodes;
  size_t seen = 0;
  while (const dirent* entry = readdir(descriptors.get())) {
    if (++seen > kMaxDescriptors) break;
    const std::string target = read_kept_link(path_of(pid, "fd/") + entry->d_name);
    if (!target.starts_with(kSocket) || !target.ends_with(']')) continue;
    uint64_t inode = 0;
    const auto digits =
        std::string_view(target).substr(kSocket.size(), target.size() - kSocket.size() - 1);
    if (parse_number(digits, inode)) inodes.push_back(inode);
  }
  return inodes;
}

bool waits_in_nfs(int pid) {
  const auto stat = process_stat(pid);
  if (!stat || stat->state != 'D') return false;
  const std::string where = read_start(path_of(pid, "wchan"), 256);
  return where.find("rpc") != std::string::npos || where.find("nfs") != std::string::npos;
}

std::string process_arguments(int pid, size_t max_bytes) {
  return read_start(path_of(pid, "cmdline"), max_bytes);
}

}  // namespace sn::agent
