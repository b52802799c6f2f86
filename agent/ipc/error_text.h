// An error across a pipe between a process of ours and its fork, where both are the same program.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn::agent {

// The class, then the texts, each ended by a NUL, then os_errno. Never empty.
[[nodiscard]] std::string error_to_text(const Error& error);
// What is missing at the end stays empty. `text` is not empty.
[[nodiscard]] Error error_from_text(std::string_view text);

}  // namespace sn::agent
