// Changes to a file's text, recorded as the tokens that change and nothing else.
//
// The laws every kind keeps (tests/property): apply(apply(x)) = apply(x); no match = same bytes;
// revert(apply(x)) = x, from the edits and not from a copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sn::agent {

// The bytes `before` at `offset` of the old text become `after`. before empty: an insertion.
struct Edit {
  size_t offset = 0;
  uint32_t line = 0;  // 1-based, in the old text; for people
  std::string before;
  std::string after;
  bool operator==(const Edit&) const = default;
};

// Edits are sorted by offset and do not overlap; of two at the same offset the first one's `before`
// is empty. Fails with stale if `text` does not hold what an edit expects at its place.
[[nodiscard]] Result<std::string> apply_edits(std::string_view text,
                                              const std::vector<Edit>& edits);

// Takes the same edits back out of the text they produced. stale: somebody changed those places.
[[nodiscard]] Result<std::string> revert_edits(std::string_view text,
                                               const std::vector<Edit>& edits);

// The edits that take these back out of `text`, which they produced: apply_edits with them is
// revert_edits with these.
[[nodiscard]] std::vector<Edit> invert_edits(std::string_view text, const std::vector<Edit>& edits);

}  // namespace sn::agent
