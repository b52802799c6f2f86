#include "agent/executor/primitives/replace_file.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "agent/executor/primitives/mount_calls.h"
#include "agent/mounts/classify.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"
#include "agent/watch/mount_table.h"
#include "common/base/file.h"

namespace sn::agent {

namespace {

std::vector<Mount> mount_table() {
  auto table = read_mount_table("/proc/self/mountinfo");
  return table ? std::move(*table) : std::vector<Mount>{};
}

// Nobody would look for it again, so one refusal (a server that came back) is not believed.
void remove_temporary(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) unlink(path.c_str());
}

// Nearly every file is no mount point, and the kernel says so without its table (Linux 5.8).
bool can_be_mount_point(const std::string& path) {
  struct statx info{};
  constexpr int kCached = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW;
  if (statx(AT_FDCWD, path.c_str(), kCached, STATX_TYPE, &info) != 0) return false;
  return (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0 ||
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool is_read_only(const std::string& directory) {
  struct statvfs info{};
  return statvfs(directory.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

// Where the file that is bind-mounted at `path` also lies, in a directory of its own file system
// that can be written; empty: it is no bind, or its file system is mounted nowhere else.
std::string source_of(const std::string& path) {
  const std::vector<Mount> mounts = mount_table();
  const Mount* bind = mount_at(mounts, path);
  if (bind == nullptr) return {};
  const auto here = file_identity(path);
  const std::string bound = path_in_file_system(*bind);
  for (const Mount& mount : mounts) {
    if (mount.superblock != bind->superblock || mount.place == path) continue;
    const std::string begin = path_in_file_system(mount);
    if (bound == begin || !lies_within(bound, begin)) continue;
    std::string source =
        (mount.place == "/" ? "" : mount.place) + bound.substr(begin == "/" ? 0 : begin.size());
    if (source == path || is_read_only(directory_of(source))) continue;
    // Another mount may cover it there.
    const auto there = file_identity(source);
    if (here && there && *here == *there) return source;
  }
  return {};
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

Status date_two_seconds_ahead(int fd, const std::string& path) {
  constexpr time_t kAhead = 2;
  timespec now{};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += kAhead;
  const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, now};
  return futimens(fd, times.data()) == 0 ? Status() : fail_errno("dating", path);
}

}  // namespace

Status sync_directory(const std::string& directory) {
  const UniqueFd fd = open_kept(directory, O_RDONLY | O_DIRECTORY);
  if (!fd) return fail_errno("opening", directory);
  // Some file systems can't sync a directory and say EINVAL; they need not.
  if (fsync(fd.get()) != 0 && errno != EINVAL) return fail_errno("syncing", directory);
  return {};
}

ReplaceFile::ReplaceFile(std::string path, FileIdentity identity, std::string new_text,
                         MountOrder order)
    : identity_(identity), new_text_(std::move(new_text)), order_(order) {
  if (can_be_mount_point(path)) staged_.source = source_of(path);
  staged_.path = std::move(path);
}

std::string ReplaceFile::directory() const {
  return directory_of(staged_.source.empty() ? staged_.path : staged_.source);
}

Status ReplaceFile::stage() {
  const UniqueFd old(open(staged_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!old) return fail_errno("opening", staged_.path);
  struct stat info{};
  if (fstat(old.get(), &info) != 0) return fail_errno("looking at", staged_.path);
  const std::string temporary = staged_.temporary();
  // A leftover of an interrupted run has this very name. A read-only file system says so before it
  // looks whether there is one.
  if (unlink(temporary.c_str()) != 0 && errno != ENOENT && errno != EROFS) {
    return fail_errno("removing", temporary);
  }
  const UniqueFd fd(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    const int error = errno;
    return fail_errno(error, "writing beside", staged_.path,
                      error == EROFS ? Cure(CureCode::read_only_image) : Cure());
  }
  const auto write_it = [&]() -> Status {
    if (fchown(fd.get(), info.st_uid, info.st_gid) != 0) return fail_errno("owning", temporary);
    if (fchmod(fd.get(), info.st_mode & 07777) != 0) return fail_errno("setting mode", temporary);
    if (auto status = copy_attributes(old.get(), fd.get(), staged_.path); !status) return status;
    if (auto status = write_all(fd.get(), new_text_, temporary); !status) return status;
    if (auto status = ahead_ ? date_two_seconds_ahead(fd.get(), temporary) : Status(); !status) {
      return status;
    }
    if (fsync(fd.get()) != 0) return fail_errno("syncing", temporary);
    return {};
  };
  auto status = write_it();
  if (!status) discard();
  return status;
}

Status ReplaceFile::commit() {
  const auto now = file_identity(staged_.path);
  if (!now) return tl::unexpected(now.error());
  if (*now != identity_) {
    // Somebody was faster. If it is what we wanted, so much the better.
    if (const auto text = read_file(staged_.path, kMaxFileBytes); text && *text == new_text_) {
      discard();
      return {};
    }
    return fail(ErrorClass::stale, "replacing", staged_.path, Fact(FactCode::changed_after_planned),
                Cure(CureCode::run_again));
  }
  if (!staged_.source.empty()) return exchange_bind();
  if (rename(staged_.temporary().c_str(), staged_.path.c_str()) != 0) {
    if (errno == EBUSY) return rewrite_in_place();
    return fail_errno("replacing", staged_.path);
  }
  return {};
}

Status ReplaceFile::exchange_bind() {
  const std::string temporary = staged_.temporary();
  const std::vector<Mount> mounts = mount_table();
  const Mount* bind = mount_at(mounts, staged_.path);
  if (bind == nullptr) {
    return fail(ErrorClass::stale, "replacing", staged_.path, Fact(FactCode::no_mount_point),
                Cure(CureCode::run_again));
  }
  const UniqueFd old(clone_tree(AT_FDCWD, staged_.path.c_str(), 0));
  if (!old) return fail_errno("holding on to", staged_.path);
  const UniqueFd fresh(clone_tree(AT_FDCWD, temporary.c_str(), 0));
  if (!fresh) return fail_errno("cloning", temporary);
  if (set_tree_attributes(fresh.get(), mount_attributes(bind->attributes)) != 0) {
    return fail_errno("setting the attributes of", staged_.path);
  }
  if (auto status = exchange_mount(staged_.path, fresh.get(), order_); !status) return status;
  if (rename(temporary.c_str(), staged_.source.c_str()) == 0) return {};
  // The new content is seen, and would be gone after a reboot: neither old nor new.
  const auto failed = fail_errno("replacing", staged_.source);
  if (auto status = exchange_mount(staged_.path, old.get(), order_); !status) {
    return fail(
        ErrorClass::corrupt, "replacing", staged_.source,
        Fact(FactCode::old_bind_lost,
             {.value = staged_.path, .os_errno = static_cast<uint32_t>(failed.value().os_errno)},
             status.error().fact()),
        Cure(CureCode::copy_over, {.place = staged_.path, .other_place = staged_.source}));
  }
  return failed;
}

Status ReplaceFile::rewrite_in_place() {
  const auto old_text = read_file(staged_.path, kMaxFileBytes);
  if (!old_text) return tl::unexpected(old_text.error());
  const UniqueFd fd(open(staged_.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("rewriting", staged_.path);
  // Where the file system can promise the space, it is promised before a byte changes.
  if (fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(new_text_.size())) != 0 &&
      errno != EOPNOTSUPP && errno != ENOSYS) {
    return fail_errno("claiming space for", staged_.path, Cure(CureCode::free_space_and_run));
  }
  const auto write_text = [&](const std::string& text) -> Status {
    if (lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("rewriting", staged_.path);
    if (auto status = write_all(fd.get(), text, staged_.path); !status) return status;
    if (ftruncate(fd.get(), static_cast<off_t>(text.size())) != 0) {
      return fail_errno("cutting", staged_.path);
    }
    if (fsync(fd.get()) != 0) return fail_errno("syncing", staged_.path);
    return {};
  };
  auto status = write_text(new_text_);
  const auto now = read_file(staged_.path, kMaxFileBytes);
  if (status && now && *now == new_text_) {
    discard();
    return {};
  }
  if (write_text(*old_text)) {
    discard();
    if (status) {
      return fail(ErrorClass::conflict, "rewriting", staged_.path,
                  Fact(FactCode::written_at_that_moment), Cure(CureCode::run_again));
    }
    return status;
  }
  // Neither the new nor the old content could be written: the whole new one stays beside it.
  return fail(ErrorClass::corrupt, "rewriting", staged_.path,
              Fact(FactCode::not_written_whole, {.value = staged_.temporary()}),
              Cure(CureCode::free_space_and_copy));
}

namespace {

// What an interrupted exchange_bind() can have left, told apart by what is mounted at the path.
void finish_bind(const StagedFile& staged) {
  const std::string temporary = staged.temporary();
  const std::vector<Mount> mounts = mount_table();
  const Mount* store = mount_of(mounts, temporary);
  const auto is_ours = [&](const Mount& mount) {
    return mount.place == staged.path && store != nullptr &&
           mount.superblock == store->superblock &&
           path_in_file_system(mount).ends_with(temporary.substr(temporary.rfind('/')));
  };
  const Mount* seen = mount_at(mounts, staged.path);
  const bool there = std::any_of(mounts.begin(), mounts.end(), is_ours);
  if (seen == nullptr) {
    // Detached, and not yet attached.
    const UniqueFd fresh(clone_tree(AT_FDCWD, temporary.c_str(), 0));
    if (!fresh || attach_tree(fresh.get(), AT_FDCWD, staged.path.c_str(), 0) != 0) return;
  } else if (!there) {
    remove_temporary(temporary);  // not begun
    return;
  } else if (!is_ours(*seen)) {
    // Beneath, and the old one not yet detached.
    if (umount2(staged.path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return;
  }
  if (rename(temporary.c_str(), staged.source.c_str()) == 0) {
    (void)sync_directory(directory_of(staged.source));
  }
}

}  // namespace

void ReplaceFile::clean_up(const StagedFile& staged, bool begun) {
  const std::string temporary = staged.temporary();
  struct stat info{};
  // None: the commit came to its end, or never to its beginning.
  if (lstat(temporary.c_str(), &info) != 0) return;
  if (begun && !staged.source.empty()) return finish_bind(staged);
  if (begun && mount_at(mount_table(), staged.path) != nullptr) {
    const auto whole = read_file(temporary, kMaxFileBytes);
    const auto now = read_file(staged.path, kMaxFileBytes);
    // Perhaps a beginning of the new content, over what is left of the old one.
    if (whole && now && *now != *whole) {
      const auto identity = file_identity(staged.path);
      if (identity) {
        ReplaceFile again(staged.path, *identity, *whole, MountOrder::detach_first);
        if (!again.rewrite_in_place()) return;  // its temporary is still the only whole copy
      }
    }
  }
  remove_temporary(temporary);
}

void ReplaceFile::discard() { remove_temporary(staged_.temporary()); }

}  // namespace sn::agent
