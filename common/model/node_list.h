// Lists of node names, folded for people: "cn[001-110,118-126]" <-> the names one by one.
//
// Only brackets and commas, several brackets a name allowed ("r[1-2]n[01-04]"). The padding is the
// left number's. xCAT's whole noderange grammar (groups, exclusion, regular expressions) is not
// this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/facts/node_fold.h"

namespace sn {

// More names than any cluster has; keeps "cn[1-999999999]" from exhausting memory.
inline constexpr size_t kMaxNodes = 100'000;

enum class Duplicates : uint8_t { drop, refuse };

// In the order written, without duplicates. invalid_input names the part that is wrong, limit if
// there would be more than kMaxNodes, conflict names the first duplicate if they are refused.
[[nodiscard]] Result<std::vector<std::string>> expand_node_list(
    std::string_view list, Duplicates duplicates = Duplicates::drop);

}  // namespace sn
