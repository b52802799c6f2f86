#include "agent/watch/mount_table.h"

#include <libmount/libmount.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <memory>
#include <string>

#include "agent/watch/kept.h"

namespace sn::agent {

namespace {

struct TableDeleter {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
};
struct IteratorDeleter {
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};
struct FileCloser {
  void operator()(FILE* file) const { std::fclose(file); }
};

std::string string_of(const char* text) { return text == nullptr ? "" : text; }

Result<std::vector<Mount>> parse(FILE* file, const std::string& path) {
  const std::unique_ptr<libmnt_table, TableDeleter> table(mnt_new_table());
  const std::unique_ptr<libmnt_iter, IteratorDeleter> iterator(mnt_new_iter(MNT_ITER_FORWARD));
  if (!table || !iterator) {
    return fail(ErrorClass::limit, "reading", path, Fact(FactCode::no_memory));
  }
  // A line that libmount can't parse must not hide the others, nor be taken for no mount. Without
  // the file's name, along which it would call readlink() from / on.
  if (mnt_table_parse_stream(table.get(), file, "") != 0) {
    return fail(ErrorClass::corrupt, "reading", path, Fact(FactCode::libmount_does_not_understand));
  }
  std::vector<Mount> mounts;
  libmnt_fs* fs = nullptr;
  while (mnt_table_next_fs(table.get(), iterator.get(), &fs) == 0) {
    if (mounts.size() == kMaxMounts) {
      return fail(ErrorClass::limit, "reading", path,
                  Fact(FactCode::too_many_mounts, {.count = kMaxMounts}),
                  Cure(CureCode::find_mounter));
    }
    Mount mount;
    mount.id = mnt_fs_get_id(fs);
    mount.parent = mnt_fs_get_parent_id(fs);
    const dev_t device = mnt_fs_get_devno(fs);
    mount.superblock = std::to_string(major(device)) + ":" + std::to_string(minor(device));
    mount.root = string_of(mnt_fs_get_root(fs));
    mount.place = string_of(mnt_fs_get_target(fs));
    mount.type = string_of(mnt_fs_get_fstype(fs));
    mount.source = string_of(mnt_fs_get_source(fs));
    mount.attributes = string_of(mnt_fs_get_vfs_options(fs));
    mount.options = string_of(mnt_fs_get_fs_options(fs));
    mount.shared = string_of(mnt_fs_get_optional_fields(fs)).find("shared:") != std::string::npos;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace

Result<std::vector<Mount>> parse_mount_table(std::string_view mountinfo) {
  if (mountinfo.empty()) return std::vector<Mount>{};  // fmemopen refuses an empty buffer
  // fmemopen does not write to what it is opened to read from.
  const std::unique_ptr<FILE, FileCloser> file(
      fmemopen(const_cast<char*>(mountinfo.data()), mountinfo.size(), "r"));
  if (!file) return fail_errno("reading", "a mount table");
  return parse(file.get(), "mountinfo");
}

Result<std::vector<Mount>> read_mount_table(const std::string& path) {
  UniqueFd fd = open_kept(path, O_RDONLY);
  const std::unique_ptr<FILE, FileCloser> file(fd ? fdopen(fd.get(), "r") : nullptr);
  if (!file) return fail_errno("reading", path);
  (void)fd.release();  // the stream's now
  return parse(file.get(), path);
}

}  // namespace sn::agent
