// What a bench's process does to itself and asks of itself.
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <cstdint>

namespace sn::bench {

// As many descriptors as it may have.
inline void raise_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// User and system, of all its threads.
inline int64_t own_cpu_us() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return int64_t{spent.tv_sec} * 1'000'000 + spent.tv_nsec / 1'000;
}

}  // namespace sn::bench
