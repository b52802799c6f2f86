// Node names folded for people: "cn[001-110,118-126]".
#pragma once

#include <string>
#include <vector>

namespace sn {

// Sorted and folded; the order and duplicates of the input do not matter. The last number of a
// name is the one that is folded.
[[nodiscard]] std::string fold_node_list(std::vector<std::string> names);

}  // namespace sn
