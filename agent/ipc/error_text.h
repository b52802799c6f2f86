// An error across a pipe between a process of ours and its fork, where both are the same program.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn::agent {

// MessagePack (common/wire/pack.h). Never empty.
[[nodiscard]] std::string error_to_text(const Error& error);
// Of what no error_to_text() made: an internal error.
[[nodiscard]] Error error_from_text(std::string_view text);

}  // namespace sn::agent
