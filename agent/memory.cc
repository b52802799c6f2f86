#include "agent/memory.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "agent/watch/files.h"

namespace sn::agent {

namespace {
// libzmq's threads need less than 32 KiB; twice that is locked for each.
#ifdef __SANITIZE_THREAD__
constexpr size_t kThreadStackBytes = 4 * 1024 * 1024;  // its own data lies there, too
#else
constexpr size_t kThreadStackBytes = 64 * 1024;
#endif
constexpr rlim_t kLockLimitBytes = 64 * 1024 * 1024;
// The agent maps some hundred pieces of some hundred bytes a line.
constexpr size_t kMaxMaps = 256 * 1024;

void unlock_idle_libraries() {
  const auto maps = read_file("/proc/self/maps", kMaxMaps);
  if (!maps) return;  // then a little more is locked
  size_t begin = 0;
  while (begin < maps->size()) {
    const size_t end = std::min(maps->find('\n', begin), maps->size());
    const std::string line = maps->substr(begin, end - begin);
    begin = end + 1;
    if (!maps_idle_library(line)) continue;
    uintptr_t from = 0, to = 0;
    const auto dash = std::from_chars(line.data(), line.data() + line.size(), from, 16);
    if (dash.ec != std::errc{} || *dash.ptr != '-') continue;
    const auto stop = std::from_chars(dash.ptr + 1, line.data() + line.size(), to, 16);
    if (stop.ec != std::errc{} || to <= from) continue;
    (void)munlock(reinterpret_cast<void*>(from), to - from);  // NOLINT(performance-no-int-to-ptr)
  }
}

}  // namespace

bool maps_idle_library(std::string_view line) {
  constexpr auto kIdle = std::to_array<std::string_view>(
      {"libpgm-", "libnorm.", "libgssapi_krb5.", "libkrb5.", "libk5crypto.", "libkrb5support.",
       "libcom_err.", "libkeyutils.", "libresolv.", "libblkid.", "libselinux.", "libpcre2-8."});
  const size_t slash = line.rfind('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view name = line.substr(slash + 1);
  return std::any_of(kIdle.begin(), kIdle.end(),
                     [&](std::string_view idle) { return name.starts_with(idle); });
}

void shrink_memory() {
  mallopt(M_ARENA_MAX, 1);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

bool raise_lock_limit() {
  const rlimit wanted{kLockLimitBytes, kLockLimitBytes};
  if (setrlimit(RLIMIT_MEMLOCK, &wanted) == 0) return true;
  rlimit current{};
  return getrlimit(RLIMIT_MEMLOCK, &current) == 0 && current.rlim_cur >= kLockLimitBytes;
}

Status lock_memory(LockScope scope) {
  const int future = scope == LockScope::present_and_future ? MCL_FUTURE : 0;
  if (mlockall(MCL_CURRENT | future) != 0) {
    return fail_errno("locking", "this process's memory", "raise LimitMEMLOCK in its unit");
  }
  unlock_idle_libraries();
  return {};
}

}  // namespace sn::agent
