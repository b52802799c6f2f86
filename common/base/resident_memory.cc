#include "common/base/resident_memory.h"

#include <unistd.h>

#include <fstream>

namespace sn {

uint64_t resident_memory() {
  std::ifstream statm("/proc/self/statm");
  uint64_t all = 0, resident = 0;  // pages
  statm >> all >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace sn
