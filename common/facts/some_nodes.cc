#include "common/facts/some_nodes.h"

#include <algorithm>

#include "common/facts/node_fold.h"

namespace sn {

std::string fold_some_nodes(std::vector<std::string> names, size_t width) {
  std::string whole = fold_node_list(names);
  if (whole.size() <= width) return whole;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto first = [&](size_t count) {
    return fold_node_list({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count)});
  };
  // One is always shown.
  size_t least = 1, most = names.size();
  while (most - least > 1) {
    const size_t middle = least + (most - least) / 2;
    (first(middle).size() <= width ? least : most) = middle;
  }
  if (least == names.size()) return whole;
  return first(least) + " ... and " + std::to_string(names.size() - least) + " more";
}

}  // namespace sn
