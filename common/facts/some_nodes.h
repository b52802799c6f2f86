// Node names folded for a sentence, which can't grow with the cluster.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sn {

// Room for what is folded in one sentence: two ranges are shown whole, three hundred nodes that no
// range holds are not.
inline constexpr size_t kMaxFolded = 60;

// As fold_node_list(), if that takes no more than `width` bytes; else the first of them, by name,
// and "... and 280 more".
[[nodiscard]] std::string fold_some_nodes(std::vector<std::string> names,
                                          size_t width = kMaxFolded);

}  // namespace sn
