// What somebody may have meant who mistyped a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sn {

// The name that differs from `typed` least, in any case of letters: by one character, or by one in
// three of a longer name. "": none is so near. Of several the first.
[[nodiscard]] std::string nearest(std::string_view typed, const std::vector<std::string>& names);

}  // namespace sn
