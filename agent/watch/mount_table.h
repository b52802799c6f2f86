// Reads a mount table of the kernel. Reading it never blocks on a server that does not answer: the
// text is parsed by libmount from the open file, without its cache, mtab or path canonicalisation,
// which would call readlink() along paths of dead mounts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/mounts/mount.h"
#include "common/base/error.h"

namespace sn::agent {

// systemd, statelite and autofs together make some hundreds.
inline constexpr size_t kMaxMounts = 8'192;

// The mounts are in the kernel's order: of two mounts on one place the later one covers the
// earlier, unless it was moved beneath: then it is the parent of the earlier one. corrupt: libmount
// does not understand the text; limit: more than kMaxMounts.
[[nodiscard]] Result<std::vector<Mount>> parse_mount_table(std::string_view mountinfo);
// `path`: "/proc/self/mountinfo" or that of another process, to see its namespace. Errors as above,
// or those of open(2).
[[nodiscard]] Result<std::vector<Mount>> read_mount_table(const std::string& path);

}  // namespace sn::agent
