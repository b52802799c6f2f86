// Lists of names: a handful of service nodes, for which a set is not worth it.
#pragma once

#include <string>
#include <vector>

namespace sn::coordinator {

[[nodiscard]] bool contains(const std::vector<std::string>& list, const std::string& name);
[[nodiscard]] bool intersects(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace sn::coordinator
