#include "agent/watch/only_root.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace sn::agent {

namespace {

constexpr const char* kReading = "reading";

// With an access list the group's bits are the most that anybody on it may do (acl(5)).
bool others_write(const struct stat& info, const std::string& path) {
  if (info.st_uid != 0 || (info.st_mode & S_IWOTH) != 0) return true;
  if ((info.st_mode & S_IWGRP) == 0) return false;
  return info.st_gid != 0 || lgetxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

Status judge(const std::string& path, const std::string& part) {
  struct stat info{};
  if (lstat(part.c_str(), &info) != 0) {
    return fail_errno(kReading, part, Cure(CureCode::copy_directory_there));
  }
  // Of a link the mode says nothing; whoever may exchange it may write the directory it is in.
  const bool bad = S_ISLNK(info.st_mode)   ? info.st_uid != 0
                   : S_ISDIR(info.st_mode) ? others_write(info, part) &&
                                                 ((info.st_mode & S_ISVTX) == 0 || info.st_uid != 0)
                                           : others_write(info, part);
  if (!bad) return {};
  return fail(ErrorClass::denied, kReading, part == path ? path : path + ", in " + part,
              Fact(FactCode::others_can_write), Cure(CureCode::only_root_may_write));
}

Status judge_all(const std::string& path, const std::string& whole) {
  if (Status good = judge(path, "/"); !good) return good;
  for (size_t end = whole.find('/', 1); true; end = whole.find('/', end + 1)) {
    if (Status good = judge(path, whole.substr(0, end)); !good) return good;
    if (end == std::string::npos) return {};
  }
}

}  // namespace

Status only_root_writes(const std::string& path) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> real(realpath(path.c_str(), nullptr));
  if (!real) return fail_errno(kReading, path, Cure(CureCode::copy_directory_there));
  if (Status good = judge_all(path, real.get()); !good) return good;
  return path.starts_with('/') && path != real.get() ? judge_all(path, path) : Status();
}

std::string open_to_others(const std::string& real_path) {
  for (size_t end = 1; end != std::string::npos && end != 0; end = real_path.find('/', end + 1)) {
    std::string directory = real_path.substr(0, end == 1 ? 1 : end);
    struct stat info{};
    if (lstat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) continue;
    const bool sticky = (info.st_mode & S_ISVTX) != 0 && info.st_uid == 0;
    if (others_write(info, directory) && !sticky) return directory;
  }
  return {};
}

Status make_own_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("making", path);
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return fail_errno("making", path);
  if (!S_ISDIR(info.st_mode)) return fail_errno(ENOTDIR, "making", path);
  if (!others_write(info, path)) return {};
  return fail(ErrorClass::denied, "making", path, Fact(FactCode::others_can_write),
              Cure(CureCode::only_root_may_write));
}

}  // namespace sn::agent
