// What this process has in memory: proc(5), /proc/PID/statm.
#pragma once

#include <cstdint>

namespace sn {

// Bytes; 0: it is not known.
[[nodiscard]] uint64_t resident_memory();

}  // namespace sn
