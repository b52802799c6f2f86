// What a node says, made safe to keep and to show. A node may be in an attacker's hands, and what
// it says is stored, wrapped in facts of ours, shown to root on a terminal and pasted into a shell:
//
// - no text holds what a terminal obeys, a line end, or a character that changes the direction of
//   writing;
// - a fact is no deeper than kMaxToldDepth, its texts and lists are short: with what the
// coordinator
//   adds it is always lawful to keep and to send;
// - a cure is one of those that a node may name (cure_list.h), or `snctl clear` of this very node;
//   anything else is shown as the node's words and not as ours.
#pragma once

#include <string>

#include "common/wire/messages.h"

namespace sn::coordinator {

// The coordinator tells of a node's fact in two of its own (a takeover was stopped: a canary ended
// so: ...), and one is spare.
inline constexpr size_t kMaxToldDepth = kMaxFactDepth - 3;
inline constexpr size_t kMaxToldText = 512;  // bytes; a place, a name, a line of an error
inline constexpr size_t kMaxToldItems = 16;  // of a list in a fact: service nodes
inline constexpr size_t kMaxToldSteps = 2;   // of a cure; one is the coordinator's

[[nodiscard]] wire::ToCoordinator told_by(const std::string& node, wire::ToCoordinator message);

}  // namespace sn::coordinator
