#include "coordinator/store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <limits>
#include <utility>

#include "common/base/unique_fd.h"

namespace sn::coordinator {

namespace {

constexpr uint64_t kMiB = 1024 * 1024;

bool is_whole(const std::string& path, uint64_t bytes) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         static_cast<uint64_t>(found.st_size) >= bytes;
}

}  // namespace

uint64_t reserve_bytes(size_t nodes) {
  constexpr uint64_t kOneNode = 4096;
  return (nodes * kOneNode + kMiB) / kMiB * kMiB;
}

Reserve::Reserve(std::string state_dir, uint64_t bytes)
    : state_dir_(std::move(state_dir)), path_(state_dir_ + "/reserve"), bytes_(bytes) {
  held_ = is_whole(path_, bytes_);
}

void Reserve::hold() {
  if (held_) return;
  // Never the last of it: what is written now comes first.
  if (free_bytes() < 2 * bytes_) return;
  const UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  held_ = fd && ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes_)) == 0;
  if (!held_) (void)::unlink(path_.c_str());
}

bool Reserve::release() {
  if (!held_) return false;
  held_ = false;
  return ::unlink(path_.c_str()) == 0;
}

Disk Reserve::look() {
  // Somebody who looks for room may take it away.
  held_ = held_ && is_whole(path_, bytes_);
  hold();
  Disk disk{.place = state_dir_, .wanted_mib = bytes_ / kMiB};
  const uint64_t room = free_bytes();
  disk.free_mib = room / kMiB;
  disk.full = !held_ || room < bytes_;
  return disk;
}

uint64_t Reserve::free_bytes() const {
  struct statvfs found{};
  // What can't be asked is not called full.
  if (::statvfs(state_dir_.c_str(), &found) != 0) return std::numeric_limits<uint64_t>::max();
  return uint64_t{found.f_bavail} * found.f_frsize;
}

}  // namespace sn::coordinator
