#include "coordinator/core/hello.h"

#include "coordinator/core/fleet.h"
#include "coordinator/core/names.h"

namespace sn::coordinator {

namespace {

struct Case {
  const State& state;
  const std::string& node;
  const wire::Hello& hello;
  const Row* row;  // nullptr: the table does not know the node
};

bool moved_by_us(const Row& row) { return row.generation > 0 || row.state != RowState::observed; }

bool on_its_way(const Row& row) {
  return (row.state == RowState::released || row.state == RowState::queued) &&
         row.verdict != Verdict::verified;
}

bool in_quarantine(const wire::Hello& hello) {
  return !hello.quarantine.empty() && !hello.quarantine.front().reason.empty();
}

bool has_other_target(const Row& row, const wire::Hello& hello) {
  return hello.generation == row.generation && row.generation != 0 &&
         !hello.generation_target.empty() && hello.generation_target != row.service_node;
}

// The node was told over a connection that broke, or has forgotten what it was told.
bool never_heard(const State& state, const Row& row, const wire::Hello& hello) {
  const Takeover* takeover = takeover_of(state, row);
  return takeover != nullptr && takeover->state == TakeoverState::aborted &&
         is_of(row, *takeover) && row.state == RowState::released &&
         row.verdict == Verdict::pending && hello.generation < row.generation &&
         takeover->nodes.at(row.node).outcome.verdict == Verdict::none;
}

// The coordinator may have been restored from an older table, or the node was booted from an old
// image.
bool is_elsewhere(const State& state, const Row& row, const wire::Hello& hello) {
  const auto bound = named_in(hello.bindings);
  if (!on_its_way(row) || bound.empty()) return false;
  return !intersects(bound, row.from) && !intersects(bound, {row.service_node}) &&
         more_to_leave(state, row, bound, hello).empty();
}

bool names_more(const State& state, const Row& row, const wire::Hello& hello) {
  return !more_to_leave(state, row, named_in(hello.bindings), hello).empty();
}

bool holds(HelloMeaning meaning, const Case& of) {
  switch (meaning) {
    case HelloMeaning::claims_other_name:
      return of.hello.node != of.node;
    case HelloMeaning::other_protocol:
      return of.hello.protocol != wire::kProtocolVersion;
    case HelloMeaning::unlawful_generation:
      return of.hello.generation > kMaxGeneration;
    case HelloMeaning::unknown_node:
      return of.row == nullptr;
    case HelloMeaning::foreign_past:
      return of.hello.generation > of.row->generation && !moved_by_us(*of.row);
    case HelloMeaning::newer_generation:
      return of.hello.generation > of.row->generation;
    case HelloMeaning::other_target:
      return has_other_target(*of.row, of.hello);
    case HelloMeaning::outcome:
      return !of.hello.last.empty();
    case HelloMeaning::in_quarantine:
      return in_quarantine(of.hello);
    case HelloMeaning::out_of_quarantine:
      return !in_quarantine(of.hello) && is_held_quarantined(*of.row);
    case HelloMeaning::never_heard:
      return never_heard(of.state, *of.row, of.hello);
    case HelloMeaning::elsewhere:
      return is_elsewhere(of.state, *of.row, of.hello);
    case HelloMeaning::to_leave_more:
      return on_its_way(*of.row) && names_more(of.state, *of.row, of.hello);
    case HelloMeaning::rebooted:
      return forgot_its_end(*of.row, of.hello) && names_more(of.state, *of.row, of.hello);
    case HelloMeaning::awaited:
      return of.row->verdict == Verdict::pending && takeover_of(of.state, *of.row) != nullptr;
    case HelloMeaning::to_be_told:
      return of.row->state == RowState::released && of.row->verdict != Verdict::verified;
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
  const auto row = state.rows.find(node);
  const Case of{state, node, hello, row == state.rows.end() ? nullptr : &row->second};
  HelloMeaning meaning = last ? after(*last) : HelloMeaning::claims_other_name;
  while (!holds(meaning, of)) meaning = after(meaning);
  return meaning;
}

bool is_refusal(HelloMeaning meaning) {
  return meaning == HelloMeaning::claims_other_name || meaning == HelloMeaning::other_protocol ||
         meaning == HelloMeaning::unlawful_generation;
}

std::vector<std::string> more_to_leave(const State& state, const Row& row,
                                       const std::vector<std::string>& bound,
                                       const wire::Hello& hello) {
  std::vector<std::string> more;
  for (const auto& name : bound) {
    const bool known = name == row.service_node || intersects(row.from, {name});
    if (known || intersects(more, {name})) continue;
    // The target of an order from a table that was lost is to be left like a dead service node.
    const bool lost = hello.generation < row.generation && name == hello.generation_target;
    if (lost || left_behind(state, name)) more.push_back(name);
  }
  return more;
}

bool forgot_its_end(const Row& row, const wire::Hello& hello) {
  const bool knows_its_end = hello.generation >= row.generation && !hello.last.empty();
  return row.state == RowState::released && row.verdict == Verdict::verified && !knows_its_end;
}

}  // namespace sn::coordinator
