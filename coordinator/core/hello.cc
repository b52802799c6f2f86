#include "coordinator/core/hello.h"

#include "coordinator/core/fleet.h"
#include "coordinator/core/names.h"

namespace sn::coordinator {

namespace {

struct Case {
  const State& state;
  const std::string& name;
  const wire::Hello& hello;
  const NodeRecord* node;  // nullptr: it is not in the table
};

bool moved_by_us(const NodeRecord& node) {
  return node.generation() > 0 || node.present().state != AssignmentState::observed;
}

bool on_its_way(const NodeRecord& node) {
  const Assignment& present = node.present();
  return (present.state == AssignmentState::released || present.state == AssignmentState::queued) &&
         present.verdict != Verdict::verified;
}

bool in_quarantine(const wire::Hello& hello) {
  return !hello.quarantine.empty() && !hello.quarantine.front().reason.empty();
}

bool has_other_target(const NodeRecord& node, const wire::Hello& hello) {
  return hello.generation == node.generation() && hello.generation != 0 &&
         !hello.generation_target.empty() && hello.generation_target != node.service_node();
}

// The node was told over a connection that broke, or has forgotten what it was told.
bool never_heard(const State& state, const NodeRecord& node, const wire::Hello& hello) {
  const Assignment& present = node.present();
  const Takeover* takeover = takeover_of(state, present);
  return takeover != nullptr && takeover->state == TakeoverState::aborted &&
         present.state == AssignmentState::released && present.verdict == Verdict::pending &&
         hello.generation < present.generation && present.outcome.verdict == Verdict::none;
}

// The coordinator may have been restored from an older table, or the node was booted from an old
// image.
bool is_elsewhere(const State& state, const NodeRecord& node, const wire::Hello& hello) {
  const auto bound = named_in(hello.bindings);
  if (!on_its_way(node) || bound.empty()) return false;
  return !intersects(bound, node.present().still_to_leave()) &&
         !contains(bound, node.service_node()) && more_to_leave(state, node, bound, hello).empty();
}

bool names_more(const State& state, const NodeRecord& node, const wire::Hello& hello) {
  return !more_to_leave(state, node, named_in(hello.bindings), hello).empty();
}

bool holds(HelloMeaning meaning, const Case& of) {
  switch (meaning) {
    case HelloMeaning::claims_other_name:
      return of.hello.node != of.name;
    case HelloMeaning::other_protocol:
      return of.hello.protocol != wire::kProtocolVersion;
    case HelloMeaning::unknown_node:
      return of.node == nullptr;
    case HelloMeaning::foreign_past:
      return of.hello.generation > of.node->generation() && !moved_by_us(*of.node) &&
             !is_beyond_any(of.hello.generation);
    case HelloMeaning::newer_generation:
      return of.hello.generation > of.node->generation();
    case HelloMeaning::other_target:
      return has_other_target(*of.node, of.hello);
    case HelloMeaning::outcome:
      return !of.hello.last.empty();
    case HelloMeaning::in_quarantine:
      return in_quarantine(of.hello);
    case HelloMeaning::out_of_quarantine:
      return !in_quarantine(of.hello) && is_held_quarantined(of.node->present());
    case HelloMeaning::never_heard:
      return never_heard(of.state, *of.node, of.hello);
    case HelloMeaning::elsewhere:
      return is_elsewhere(of.state, *of.node, of.hello);
    case HelloMeaning::to_leave_more:
      return on_its_way(*of.node) && names_more(of.state, *of.node, of.hello);
    case HelloMeaning::rebooted:
      return forgot_its_end(*of.node, of.hello) && names_more(of.state, *of.node, of.hello);
    case HelloMeaning::awaited:
      return of.node->present().verdict == Verdict::pending &&
             takeover_of(of.state, of.node->present()) != nullptr;
    case HelloMeaning::to_be_told:
      return of.node->present().state == AssignmentState::released &&
             of.node->present().verdict != Verdict::verified;
    case HelloMeaning::nothing:
      return true;
  }
  return false;
}

// Nothing else follows, whatever else would hold.
bool is_last(HelloMeaning meaning) {
  return is_refusal(meaning) || meaning == HelloMeaning::unknown_node ||
         meaning == HelloMeaning::foreign_past || meaning == HelloMeaning::newer_generation ||
         meaning == HelloMeaning::other_target || meaning == HelloMeaning::elsewhere ||
         meaning == HelloMeaning::nothing;
}

HelloMeaning after(HelloMeaning meaning) {
  return static_cast<HelloMeaning>(static_cast<uint8_t>(meaning) + 1);
}

}  // namespace

HelloMeaning next_meaning(const State& state, const std::string& node, const wire::Hello& hello,
                          std::optional<HelloMeaning> last) {
  if (last && is_last(*last)) return HelloMeaning::nothing;
  const Case of{state, node, hello, find_node(state, node)};
  HelloMeaning meaning = last ? after(*last) : HelloMeaning::claims_other_name;
  while (!holds(meaning, of)) meaning = after(meaning);
  return meaning;
}

bool is_refusal(HelloMeaning meaning) {
  return meaning == HelloMeaning::claims_other_name || meaning == HelloMeaning::other_protocol;
}

std::vector<std::string> more_to_leave(const State& state, const NodeRecord& node,
                                       const std::vector<std::string>& bound,
                                       const wire::Hello& hello) {
  std::vector<std::string> more;
  for (const auto& name : bound) {
    const bool known =
        name == node.service_node() || contains(node.present().still_to_leave(), name);
    if (known || contains(more, name)) continue;
    // The target of an order from a table that was lost is to be left like a dead service node.
    const bool lost = hello.generation < node.generation() && name == hello.generation_target;
    if (lost || left_behind(state, name)) more.push_back(name);
  }
  return more;
}

bool forgot_its_end(const NodeRecord& node, const wire::Hello& hello) {
  const Assignment& present = node.present();
  const bool knows_its_end = hello.generation >= node.generation() && !hello.last.empty();
  return present.state == AssignmentState::released && present.verdict == Verdict::verified &&
         !knows_its_end;
}

}  // namespace sn::coordinator
