// Lists of names: a handful of service nodes, for which a set is not worth it.
#pragma once

#include <string>
#include <vector>

namespace sn::coordinator {

[[nodiscard]] bool intersects(const std::vector<std::string>& a, const std::vector<std::string>& b);
// "SN1P, SN2P"
[[nodiscard]] std::string join(const std::vector<std::string>& names);

}  // namespace sn::coordinator
