#include "agent/executor/refusals.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>

#include "agent/executor/primitives/replace_file.h"
#include "agent/watch/mount_table.h"
#include "agent/watch/only_root.h"
#include "common/base/unique_fd.h"

namespace sn::agent {

namespace {

struct Flags {
  bool immutable = false;
  bool append_only = false;
  bool mount_point = false;  // perhaps: a kernel before 5.8 does not tell
};

// Nothing is set where the file system has no such flags, or hides them.
Flags flags_of(const std::string& path) {
  constexpr uint64_t kBoth = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
  struct statx info{};
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &info) !=
      0) {
    return {};
  }
  Flags flags{(info.stx_attributes & STATX_ATTR_IMMUTABLE) != 0,
              (info.stx_attributes & STATX_ATTR_APPEND) != 0,
              (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0 ||
                  (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
  // Some file systems tell of them by the ioctl only.
  if ((info.stx_attributes_mask & kBoth) == kBoth) return flags;
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  int bits = 0;
  if (!fd || ioctl(fd.get(), FS_IOC_GETFLAGS, &bits) != 0) return flags;
  flags.immutable = flags.immutable || (bits & FS_IMMUTABLE_FL) != 0;
  flags.append_only = flags.append_only || (bits & FS_APPEND_FL) != 0;
  return flags;
}

// Types as in linux/magic.h. A server judges what its client can't see.
bool judged_by_server(const struct statfs& fs) {
  const auto type = static_cast<uint32_t>(fs.f_type);
  constexpr uint32_t kNfs = 0x6969, kSmb2 = 0xFE534D42, kFuse = 0x65735546;
  return type == kNfs || type == kSmb2 || type == kFuse;
}

// Of all temporaries on one file system.
struct Need {
  uint64_t blocks = 0;
  uint64_t inodes = 0;
};

class Finder {
 public:
  Finder(MountOrder order, const std::string& root) : order_(order), root_(root) {}

  void look_at(const FileChange& file) {
    const ReplaceFile replace(file.real_path, file.identity, {}, order_);
    const std::string directory = replace.directory();
    const Flags own = flags_of(file.real_path);
    if (auto why = of_others(file)) return refuse(file, std::move(*why));
    if (auto why = of_flags(own, file, directory)) return refuse(file, std::move(*why));
    // A bind of the file may be read-only where its source can be written: it is so on purpose.
    if (own.mount_point) {
      if (auto why = of_mount(file.real_path)) return refuse(file, std::move(*why));
    }
    if (auto why = of_mount(directory)) return refuse(file, std::move(*why));
    if (auto why = of_server(file, directory)) return refuse(file, std::move(*why));
    if (auto why = of_space(file, directory)) return refuse(file, std::move(*why));
  }

  [[nodiscard]] std::vector<Refusal> take() { return std::move(refusals_); }

 private:
  struct Why {
    Fact reason;
    Cure cure;
  };

  void refuse(const FileChange& file, Why why) {
    refusals_.push_back({file.path, std::move(why.reason), std::move(why.cure)});
  }
  // As the operator names it where he types the cure.
  [[nodiscard]] std::string outside(const std::string& path) const { return root_ + path; }

  // One call a place: on NFS each asks the server.
  [[nodiscard]] const struct statfs* file_system_of(const std::string& path) {
    const auto known = file_systems_.find(path);
    if (known != file_systems_.end()) return &known->second;
    struct statfs fs{};
    if (statfs(path.c_str(), &fs) != 0) return nullptr;
    return &file_systems_.emplace(path, fs).first->second;
  }

  [[nodiscard]] std::optional<Why> of_others(const FileChange& file) const {
    const std::string directory = open_to_others(file.real_path);
    if (directory.empty()) return std::nullopt;
    return Why{Fact(FactCode::others_can_write_above, {.place = directory}),
               Cure(CureCode::only_root_may_write_there, {.place = outside(directory)})};
  }

  [[nodiscard]] std::optional<Why> of_flags(const Flags& own, const FileChange& file,
                                            const std::string& directory) const {
    // A link's target is what is immutable, and what the cure names.
    const std::string& path = file.real_path;
    if (own.immutable) {
      return Why{Fact(FactCode::is_immutable), Cure(CureCode::chattr_i, {.place = outside(path)})};
    }
    if (own.append_only) {
      return Why{Fact(FactCode::is_append_only),
                 Cure(CureCode::chattr_a, {.place = outside(path)})};
    }
    const Flags folder = flags_of(directory);
    if (folder.immutable) {
      return Why{Fact(FactCode::folder_is_immutable, {.place = directory}),
                 Cure(CureCode::chattr_i, {.place = outside(directory)})};
    }
    if (folder.append_only) {
      return Why{Fact(FactCode::folder_is_append_only, {.place = directory}),
                 Cure(CureCode::chattr_a, {.place = outside(directory)})};
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Why> of_mount(const std::string& path) {
    const struct statfs* fs = file_system_of(path);
    if (fs == nullptr || (fs->f_flags & ST_RDONLY) == 0) return std::nullopt;
    const std::string place = mount_point_of(path);
    // Of a tree that is not running: the mounts are the server's, and only it knows which.
    if (place.empty()) {
      return Why{Fact(FactCode::mount_is_read_only, {.place = path}),
                 Cure(CureCode::make_writable, {.place = outside(path)})};
    }
    return Why{Fact(FactCode::mount_is_read_only, {.place = place}),
               Cure(CureCode::remount_writable, {.place = outside(place)})};
  }

  // By the kernel's table, which is not that of a tree entered with chroot.
  [[nodiscard]] std::string mount_point_of(const std::string& path) {
    if (!root_.empty()) return {};
    if (!table_) {
      auto table = read_mount_table("/proc/self/mountinfo");
      table_ = table ? std::move(*table) : std::vector<Mount>{};
    }
    const Mount* mount = mount_of(*table_, path);
    return mount == nullptr ? std::string() : mount->place;
  }

  // Locally root may write everything; a server says no to what is immutable there, to a read-only
  // export and to a root that it takes for nobody. What the mode forbids its owner tells nothing.
  [[nodiscard]] std::optional<Why> of_server(const FileChange& file, const std::string& directory) {
    const struct statfs* fs = file_system_of(directory);
    if (fs == nullptr || !judged_by_server(*fs)) return std::nullopt;
    struct stat info{};
    const bool owner_may = lstat(file.real_path.c_str(), &info) == 0 && (info.st_mode & S_IWUSR);
    const auto refused = [](const std::string& path) {
      return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0 &&
             (errno == EACCES || errno == EPERM || errno == EROFS);
    };
    if (refused(directory)) {
      return Why{Fact(FactCode::server_refuses_to_write, {.place = directory}),
                 Cure(CureCode::look_on_file_server, {.place = directory})};
    }
    if (owner_may && refused(file.real_path)) {
      return Why{Fact(FactCode::server_refuses_to_write, {.place = file.real_path}),
                 Cure(CureCode::look_on_file_server, {.place = file.real_path})};
    }
    return std::nullopt;
  }

  // All temporaries are there at once. A file system that counts nothing says 0 of 0.
  [[nodiscard]] std::optional<Why> of_space(const FileChange& file, const std::string& directory) {
    struct stat info{};
    const struct statfs* fs = file_system_of(directory);
    if (fs == nullptr || stat(directory.c_str(), &info) != 0) return std::nullopt;
    const auto block = static_cast<uint64_t>(fs->f_frsize != 0 ? fs->f_frsize : fs->f_bsize);
    Need& need = needs_[info.st_dev];
    Need with_this = need;
    with_this.inodes += 1;
    if (block != 0) with_this.blocks += (file.text_after.size() + block - 1) / block;
    if (fs->f_files != 0 && fs->f_ffree < with_this.inodes) {
      return Why{Fact(FactCode::no_inodes_left, {.place = directory}),
                 Cure(CureCode::free_inodes, {.place = outside(directory)})};
    }
    if (fs->f_blocks != 0 && fs->f_bfree < with_this.blocks) {
      return Why{Fact(FactCode::no_room_for, {.place = directory, .count = file.text_after.size()}),
                 Cure(CureCode::free_space_at, {.place = outside(directory)})};
    }
    need = with_this;
    return std::nullopt;
  }

  const MountOrder order_;
  const std::string& root_;
  std::optional<std::vector<Mount>> table_;
  std::map<std::string, struct statfs> file_systems_;
  std::map<uint64_t, Need> needs_;
  std::vector<Refusal> refusals_;
};

}  // namespace

std::vector<Refusal> find_refusals(const Plan& plan, MountOrder order, const std::string& root) {
  Finder finder(order, root);
  for (const auto* files : {&plan.hosts, &plan.files}) {
    for (const auto& file : *files) finder.look_at(file);
  }
  return finder.take();
}

std::vector<Finding> find_other_names(const Plan& plan) {
  std::vector<Finding> found;
  for (const auto* files : {&plan.hosts, &plan.files}) {
    for (const auto& file : *files) {
      struct stat info{};
      if (lstat(file.real_path.c_str(), &info) != 0 || info.st_nlink < 2) continue;
      found.push_back({FindingClass::note, file.path,
                       Fact(FactCode::other_names_keep, {.count = info.st_nlink - 1}),
                       Cure(CureCode::find_other_names, {.place = file.real_path})});
    }
  }
  return found;
}

}  // namespace sn::agent
