// A cure on a screen: what is to be done at a place is wrapped as all words are; a command is never
// broken, so that it can be copied whole.
#pragma once

#include <string>
#include <vector>

#include "common/facts/cure.h"

namespace sn::coordinator {

// "  cure: fix line 12" / "  then: snctl resume T17", behind `indent` spaces. "": no cure.
[[nodiscard]] std::string cure_lines(size_t indent, const Cure& cure);
[[nodiscard]] std::string cure_lines(size_t indent, const std::vector<Cure>& cures);

}  // namespace sn::coordinator
