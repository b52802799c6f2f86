// What still names a service node that is left. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/wire/messages.h"

namespace sn::agent {

// References of role `move` to any of `from`.
[[nodiscard]] std::vector<Reference> left_over(const wire::Inventory& inventory,
                                               const std::vector<std::string>& from);

}  // namespace sn::agent
