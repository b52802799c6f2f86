// Small files of our own: state under /run and /var/lib. Under the directory that is kept open they
// are reached while the node's root does not answer.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn::agent {

// As a whole or not at all: a hidden temporary beside it, synced, renamed; mode 0600.
[[nodiscard]] Status write_own_file(const std::string& path, std::string_view text);
// One that is not there is fine.
void remove_own_file(const std::string& path);

}  // namespace sn::agent
