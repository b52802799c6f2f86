#include "agent/executor/primitives/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <vector>

#include "agent/mounts/mount_table.h"
#include "agent/watch/files.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

namespace {

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("writing", path, "free some space there, then run it again");
    text.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

Status sync_directory(const std::string& directory) {
  const UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("opening", directory);
  // Some file systems can't sync a directory and say EINVAL; they need not.
  if (fsync(fd.get()) != 0 && errno != EINVAL) return fail_errno("syncing", directory);
  return {};
}

std::vector<Mount> mount_table() {
  auto table = read_mount_table("/proc/self/mountinfo");
  return table ? std::move(*table) : std::vector<Mount>{};
}

// From the mount table: a stat would not tell a bind mount within one file system. The last of
// several mounts on one point is the one that is seen.
const Mount* mount_at(const std::vector<Mount>& mounts, const std::string& path) {
  const Mount* found = mount_of(mounts, path);
  return found != nullptr && found->place == path ? found : nullptr;
}

bool is_mount_point(const std::string& path) { return mount_at(mount_table(), path) != nullptr; }

bool is_read_only(const std::string& directory) {
  struct statvfs info{};
  return statvfs(directory.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

// Where the file that is bind-mounted at `path` also lies, in a directory of its own file system;
// nothing if that is mounted nowhere.
std::optional<std::string> source_of(const std::string& path) {
  const std::vector<Mount> mounts = mount_table();
  const Mount* bind = mount_at(mounts, path);
  if (bind == nullptr) return std::nullopt;
  for (const Mount& mount : mounts) {
    const std::string below = mount.root == "/" ? "" : mount.root;
    if (mount.superblock != bind->superblock || mount.place == path ||
        bind->root.compare(0, below.size() + 1, below + "/") != 0) {
      continue;
    }
    std::string source = (mount.place == "/" ? "" : mount.place) + bind->root.substr(below.size());
    if (source != path && !is_read_only(directory_of(source))) return source;
  }
  return std::nullopt;
}

std::string beside(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.substr(0, slash + 1) + "." + path.substr(slash + 1) + ".snagent";
}

// ACLs, SELinux labels, capabilities: whatever the old file has. A file system without extended
// attributes has none to lose.
Status copy_attributes(int from, int to, const std::string& path) {
  const ssize_t size = flistxattr(from, nullptr, 0);
  if (size <= 0) return {};
  std::vector<char> names(static_cast<size_t>(size));
  const ssize_t got = flistxattr(from, names.data(), names.size());
  if (got < 0) return fail_errno("listing the attributes of", path);
  for (const char* name = names.data(); name < names.data() + got;) {
    char value[64 * 1024];  // XATTR_SIZE_MAX of linux/limits.h
    const ssize_t length = fgetxattr(from, name, value, sizeof value);
    if (length >= 0 && fsetxattr(to, name, value, static_cast<size_t>(length), 0) != 0 &&
        errno != EOPNOTSUPP) {
      return fail_errno(std::string("keeping attribute ") + name + " of", path);
    }
    name += std::char_traits<char>::length(name) + 1;
  }
  return {};
}

}  // namespace

std::string ReplaceFile::temporary_of(const std::string& path) {
  if (is_read_only(directory_of(path))) {
    if (const auto source = source_of(path)) return beside(*source);
  }
  return beside(path);
}

ReplaceFile::ReplaceFile(std::string path, FileIdentity identity, std::string new_text)
    : path_(std::move(path)), identity_(identity), new_text_(std::move(new_text)) {}

Status ReplaceFile::stage() {
  const UniqueFd old(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!old) return fail_errno("opening", path_);
  struct stat info{};
  if (fstat(old.get(), &info) != 0) return fail_errno("looking at", path_);
  const std::string temporary = temporary_of(path_);
  // A leftover of an interrupted run has this very name. A read-only file system says so before it
  // looks whether there is one.
  if (unlink(temporary.c_str()) != 0 && errno != ENOENT && errno != EROFS) {
    return fail_errno("removing", temporary);
  }
  const UniqueFd fd(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    const int error = errno;
    return fail_errno(error, "writing beside", path_,
                      error == EROFS ? "read-only image; change it in the image" : "");
  }
  const auto write_it = [&]() -> Status {
    if (fchown(fd.get(), info.st_uid, info.st_gid) != 0) return fail_errno("owning", temporary);
    if (fchmod(fd.get(), info.st_mode & 07777) != 0) return fail_errno("setting mode", temporary);
    if (auto status = copy_attributes(old.get(), fd.get(), path_); !status) return status;
    if (auto status = write_all(fd.get(), new_text_, temporary); !status) return status;
    if (fsync(fd.get()) != 0) return fail_errno("syncing", temporary);
    return {};
  };
  auto status = write_it();
  if (!status) discard();
  return status;
}

Status ReplaceFile::commit() {
  const auto now = file_identity(path_);
  if (!now) return tl::unexpected(now.error());
  if (*now != identity_) {
    // Somebody was faster. If it is what we wanted, so much the better.
    if (const auto text = read_file(path_, kMaxFileBytes); text && *text == new_text_) {
      discard();
      return {};
    }
    return fail(ErrorClass::stale, "replacing", path_, "somebody changed it after it was planned",
                "run it again");
  }
  if (rename(temporary_of(path_).c_str(), path_.c_str()) != 0) {
    // EXDEV: the temporary lies beside the source of the bind mount.
    if (errno == EBUSY || errno == EXDEV) return rewrite_in_place();
    return fail_errno("replacing", path_);
  }
  return {};
}

Status ReplaceFile::rewrite_in_place() {
  const auto old_text = read_file(path_, kMaxFileBytes);
  if (!old_text) return tl::unexpected(old_text.error());
  const UniqueFd fd(open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("rewriting", path_);
  // Where the file system can promise the space, it is promised before a byte changes.
  if (fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(new_text_.size())) != 0 &&
      errno != EOPNOTSUPP && errno != ENOSYS) {
    return fail_errno("claiming space for", path_, "free some space there, then run it again");
  }
  const auto write_text = [&](const std::string& text) -> Status {
    if (lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("rewriting", path_);
    if (auto status = write_all(fd.get(), text, path_); !status) return status;
    if (ftruncate(fd.get(), static_cast<off_t>(text.size())) != 0) {
      return fail_errno("cutting", path_);
    }
    if (fsync(fd.get()) != 0) return fail_errno("syncing", path_);
    return {};
  };
  auto status = write_text(new_text_);
  const auto now = read_file(path_, kMaxFileBytes);
  if (status && now && *now == new_text_) {
    discard();
    return {};
  }
  if (write_text(*old_text)) {
    discard();
    if (status) {
      return fail(ErrorClass::conflict, "rewriting", path_, "somebody else wrote it at that moment",
                  "run it again");
    }
    return status;
  }
  // Neither the new nor the old content could be written: the whole new one stays beside it.
  return fail(ErrorClass::corrupt, "rewriting", path_,
              "it could not be written whole; the new content is in " + temporary_of(path_),
              "free some space there, copy that file over it, and run it again");
}

void ReplaceFile::clean_up(const std::string& path) {
  const std::string temporary = temporary_of(path);
  struct stat at_path{}, beside{};
  if (lstat(temporary.c_str(), &beside) != 0 || lstat(path.c_str(), &at_path) != 0) return;
  if (is_mount_point(path)) {
    const auto whole = read_file(temporary, kMaxFileBytes);
    const auto now = read_file(path, kMaxFileBytes);
    // Begun: a beginning of the new content, over what is left of the old one.
    if (whole && now && *now != *whole) {
      const auto identity = file_identity(path);
      if (identity) {
        ReplaceFile again(path, *identity, *whole);
        if (!again.rewrite_in_place()) return;  // its temporary is still the only whole copy
      }
    }
  }
  unlink(temporary.c_str());
}

Status sync_directory_of(const std::string& path) { return sync_directory(directory_of(path)); }

void ReplaceFile::discard() { unlink(temporary_of(path_).c_str()); }

Status write_own_file(const std::string& path, std::string_view text) {
  const std::string temporary = ReplaceFile::temporary_of(path);
  const UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("writing", temporary);
  if (auto status = write_all(fd.get(), text, temporary); !status) return status;
  if (fsync(fd.get()) != 0) return fail_errno("syncing", temporary);
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("replacing", path);
  return sync_directory(directory_of(path));
}

}  // namespace sn::agent
