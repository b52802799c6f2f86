// The fence: the newest generation this node has seen, for what, and how that ended. Nothing older
// is ever obeyed again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/wire/messages.h"

namespace sn::agent {

struct Fence {
  uint64_t epoch = 0;  // the newest coordinator's that was obeyed (wire::Welcome)
  uint64_t generation = 0;
  std::string target;
  std::optional<wire::Outcome> last;  // of `generation`, in this boot
};

// denied: the order is of a coordinator that has been replaced, or further ahead than any can be.
[[nodiscard]] Status judge_epoch(const Fence& fence, uint64_t epoch);
// denied: that, or the Rebind is another node's, older than the newest seen, further ahead of it
// than kMostGenerationStep, or of the same generation for another target. Who obeys one that is
// newer raises the fence before anything else.
[[nodiscard]] Status judge(const Fence& fence, const std::string& node, const wire::Rebind& rebind);

}  // namespace sn::agent
