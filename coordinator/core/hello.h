// What a node's hello means for its place in the desired table. Pure: agents.cc acts on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/state.h"

namespace sn::coordinator {

enum class HelloMeaning : uint8_t {
  // The hello is not to be believed, and is refused.
  claims_other_name,
  other_protocol,

  // Nothing follows but that the node is connected.
  unknown_node,  // its key is enrolled, but it is not in the table
  foreign_past,  // it has seen a generation that can be, and this table never moved it

  // The node has seen what the table does not know: a person has to decide.
  newer_generation,
  other_target,  // of the table's own generation

  // One hello may mean several of these, in this order. What is done about one may change the
  // assignment that decides about the next.
  outcome,  // it says how its last order ended
  in_quarantine,
  out_of_quarantine,  // and it is held for nothing else
  never_heard,        // its takeover was aborted, and it knows nothing of it: it is given back
  elsewhere,          // on its way, and names nothing that was meant: a person has to decide
  to_leave_more,      // on its way, and names what it is to leave as well
  rebooted,           // arrived once, and names again what is left behind: it is to move again
  awaited,            // it has no verdict yet, and its takeover may wait for it
  to_be_told,

  nothing,  // the end
};

// What the hello of a node means next. `node`: the node whose key it came under. `last`: the
// meaning that was acted on last; nullopt: none yet. `nothing` follows a refusal, a node for which
// nothing follows, and whatever is left to a person.
[[nodiscard]] HelloMeaning next_meaning(const State& state, const std::string& node,
                                        const wire::Hello& hello, std::optional<HelloMeaning> last);
[[nodiscard]] bool is_refusal(HelloMeaning meaning);

// ---------------------------------------------------------------- also asked at other times

// `bound`: the service nodes that the node names. Of these it is to leave, although its assignment
// does not say so yet, every one that is left behind and the target of an order from a table that
// was lost.
[[nodiscard]] std::vector<std::string> more_to_leave(const State& state, const NodeRecord& node,
                                                     const std::vector<std::string>& bound,
                                                     const wire::Hello& hello);
// The node was verified, and has not seen the generation that moved it or does not know how that
// ended: it was rebooted from an image of before.
[[nodiscard]] bool forgot_its_end(const NodeRecord& node, const wire::Hello& hello);

}  // namespace sn::coordinator
