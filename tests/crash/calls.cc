#include "tests/crash/calls.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <csignal>

namespace sn::crash {

namespace {

constexpr uint64_t kOpenTreeClone = 1;
constexpr uint64_t kThread = 0x00010000;  // CLONE_THREAD

std::string at(const Call& call, size_t directory, size_t path) {
  std::string text = Tracer::read_text(call.by.pid, call.arguments[path]);
  if (text.starts_with('/')) return text;
  const int fd = static_cast<int>(call.arguments[directory]);
  std::string base = fd == AT_FDCWD ? "." : path_of(call, call.arguments[directory]);
  if (text.empty()) return base;
  return base + "/" + text;
}

std::string path(const Call& call, size_t index) {
  return Tracer::read_text(call.by.pid, call.arguments[index]);
}

// A regular file or a directory; the log, pipes and sockets are somebody else's reading.
bool is_file(const Call& call, uint64_t fd, const std::string& path) {
  return fd != STDERR_FILENO && fd != STDOUT_FILENO && path.starts_with('/') &&
         !path.starts_with("/dev/") && !path.starts_with("/proc/") &&
         !path.starts_with("/memfd:") && call.by.pid > 0;
}

std::string route_change(const Call& call) {
  uint64_t data = call.arguments[1];
  uint64_t size = call.arguments[2];
  if (call.number == SYS_sendmsg) {
    msghdr message{};
    iovec part{};
    if (!Tracer::read_bytes(call.by.pid, call.arguments[1], &message, sizeof message) ||
        message.msg_iovlen == 0 ||
        !Tracer::read_bytes(call.by.pid, reinterpret_cast<uint64_t>(message.msg_iov), &part,
                            sizeof part)) {
      return {};
    }
    data = reinterpret_cast<uint64_t>(part.iov_base);
    size = part.iov_len;
  }
  nlmsghdr header{};
  if (size < sizeof header || !Tracer::read_bytes(call.by.pid, data, &header, sizeof header) ||
      header.nlmsg_len != size) {
    return {};
  }
  if (header.nlmsg_type == RTM_NEWROUTE) return "add or replace route";
  if (header.nlmsg_type == RTM_DELROUTE) return "delete route";
  return {};
}

}  // namespace

const std::map<long, std::string>& changing_calls() {
  static const std::map<long, std::string> kCalls = {
      {SYS_open, "open"},
      {SYS_openat, "open"},
      {SYS_openat2, "open"},
      {SYS_creat, "open"},
      {SYS_write, "write"},
      {SYS_writev, "write"},
      {SYS_pwrite64, "write"},
      {SYS_truncate, "truncate"},
      {SYS_ftruncate, "truncate"},
      {SYS_fallocate, "fallocate"},
      {SYS_fsync, "fsync"},
      {SYS_fdatasync, "fsync"},
      {SYS_rename, "rename"},
      {SYS_renameat, "rename"},
      {SYS_renameat2, "rename"},
      {SYS_link, "link"},
      {SYS_linkat, "link"},
      {SYS_symlink, "link"},
      {SYS_symlinkat, "link"},
      {SYS_unlink, "unlink"},
      {SYS_unlinkat, "unlink"},
      {SYS_rmdir, "unlink"},
      {SYS_mkdir, "mkdir"},
      {SYS_mkdirat, "mkdir"},
      {SYS_chmod, "chmod"},
      {SYS_fchmod, "chmod"},
      {SYS_fchmodat, "chmod"},
      {SYS_chown, "chown"},
      {SYS_fchown, "chown"},
      {SYS_lchown, "chown"},
      {SYS_fchownat, "chown"},
      {SYS_setxattr, "setxattr"},
      {SYS_lsetxattr, "setxattr"},
      {SYS_fsetxattr, "setxattr"},
      {SYS_utimensat, "utimens"},
      {SYS_mount, "mount"},
      {SYS_umount2, "umount"},
      {SYS_pivot_root, "pivot_root"},
      {SYS_unshare, "unshare"},
      {SYS_fsopen, "fsopen"},
      {SYS_fsconfig, "fsconfig"},
      {SYS_fsmount, "fsmount"},
      {SYS_open_tree, "open_tree"},
      {SYS_move_mount, "move_mount"},
      {SYS_mount_setattr, "mount_setattr"},
      {SYS_sendto, "netlink"},
      {SYS_sendmsg, "netlink"},
      {SYS_clone, "fork"},
      {SYS_clone3, "fork"},
      {SYS_fork, "fork"},
      {SYS_vfork, "fork"},
      {SYS_execve, "execve"},
      {SYS_kill, "kill"},
      {SYS_tgkill, "kill"},
      {SYS_pidfd_send_signal, "kill"},
  };
  return kCalls;
}

bool is_thread_start(const Call& call) {
  if (call.number == SYS_clone) return (call.arguments[0] & kThread) != 0;
  if (call.number != SYS_clone3) return false;
  uint64_t flags = 0;  // the first field of clone_args
  return Tracer::read_bytes(call.by.pid, call.arguments[0], &flags, sizeof flags) &&
         (flags & kThread) != 0;
}

bool makes_process(const Call& call) {
  return call.number == SYS_clone || call.number == SYS_clone3 || call.number == SYS_fork ||
         call.number == SYS_vfork;
}

std::string path_of(const Call& call, uint64_t fd) {
  const std::string link =
      "/proc/" + std::to_string(call.by.pid) + "/fd/" + std::to_string(static_cast<int>(fd));
  std::array<char, PATH_MAX> target{};
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<size_t>(size));
}

Description describe(const Call& call) {
  const auto known = changing_calls().find(call.number);
  if (known == changing_calls().end()) return {};
  Description one;
  one.name = known->second;
  const auto& a = call.arguments;
  std::string what;
  switch (call.number) {
    case SYS_open:
    case SYS_openat: {
      const bool has_directory = call.number == SYS_openat;
      const uint64_t flags = a[has_directory ? 2 : 1];
      if ((flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) == 0 || (flags & O_PATH) != 0) {
        return {};
      }
      what = has_directory ? at(call, 0, 1) : path(call, 0);
      if (what.starts_with("/dev/")) return {};
      break;
    }
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
      what = path_of(call, a[0]);
      if (!is_file(call, a[0], what)) return {};
      one.writes = call.number != SYS_writev && a[2] > 1;
      break;
    case SYS_ftruncate:
    case SYS_fallocate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_fchmod:
    case SYS_fchown:
    case SYS_fsetxattr:
      what = path_of(call, a[0]);
      if (!is_file(call, a[0], what)) return {};
      break;
    case SYS_rename:
      what = path(call, 0) + " " + path(call, 1);
      break;
    case SYS_renameat:
    case SYS_renameat2:
      what = at(call, 0, 1) + " " + at(call, 2, 3);
      break;
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_fchmodat:
    case SYS_fchownat:
    case SYS_utimensat:
      what = at(call, 0, 1);
      break;
    case SYS_mount:
      what = path(call, 1);
      break;
    case SYS_fsconfig:
      what = path(call, 2);
      break;
    case SYS_open_tree:
      if ((a[2] & kOpenTreeClone) == 0) return {};
      what = at(call, 0, 1);
      break;
    case SYS_move_mount:
      what = at(call, 2, 3) + ((a[4] & 0x200) != 0 ? " beneath" : "");
      break;
    case SYS_mount_setattr:
    case SYS_fsmount:
    case SYS_unshare:
    case SYS_pivot_root:
      break;
    case SYS_sendto:
    case SYS_sendmsg:
      what = route_change(call);
      if (what.empty()) return {};
      break;
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
      if (is_thread_start(call)) return {};
      break;
    case SYS_kill:
    case SYS_pidfd_send_signal:
      if (a[1] == 0) return {};  // asks whether it is there
      break;
    case SYS_tgkill:
      break;
    default:
      what = path(call, 0);
  }
  // A generation is another one in every run.
  if (const size_t undo = what.find("undo."); undo != std::string::npos) {
    std::erase_if(what, [](char c) { return c >= '0' && c <= '9'; });
  }
  // Which process: the same text from two of them is two things.
  one.text = one.name + (what.empty() ? "" : " " + what);
  if (call.by.depth > 0) one.text += " [" + std::to_string(call.by.depth) + "]";
  return one;
}

}  // namespace sn::crash
