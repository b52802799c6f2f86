#include "coordinator/core/state.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sn::coordinator {

void TakeoverNode::note(int64_t unix_ms, Fact what) {
  if (log.size() == kMaxLogLines) log.erase(log.begin() + 1);
  log.push_back({unix_ms, std::move(what)});
}

bool is_final(Verdict verdict) { return verdict != Verdict::pending && verdict != Verdict::none; }

bool as_planned(const TakeoverNode& node) {
  switch (node.verdict) {
    case Verdict::failed:
      return false;
    case Verdict::blocked:
      return node.outlook == Outlook::blocked;
    case Verdict::partly:
      return node.outlook != Outlook::whole && node.outlook != Outlook::nothing;
    default:
      return true;
  }
}

std::optional<uint64_t> takeover_number(std::string_view id) {
  if (id.size() < 2 || (id.front() != 'T' && id.front() != 't')) return std::nullopt;
  uint64_t number = 0;
  const char* const end = id.data() + id.size();
  const auto [rest, error] = std::from_chars(id.data() + 1, end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

const Takeover* find_takeover(const State& state, std::string_view id) {
  const auto number = takeover_number(id);
  const auto found = number ? state.takeovers.find(*number) : state.takeovers.end();
  return found == state.takeovers.end() ? nullptr : &found->second;
}

const Takeover* takeover_of(const State& state, const Row& row) {
  return find_takeover(state, row.takeover);
}

const TakeoverNode* part_of(const Takeover* takeover, const std::string& node) {
  if (takeover == nullptr) return nullptr;
  const auto found = takeover->nodes.find(node);
  return found == takeover->nodes.end() ? nullptr : &found->second;
}

namespace {

// A service node in maintenance lives, and is asked.
bool lives(const State& state, const std::string& service_node) {
  return state_of(state, service_node) != ServiceNodeState::failed;
}

}  // namespace

ServiceNodeState state_of(const State& state, const std::string& service_node) {
  const auto found = state.service_nodes.find(service_node);
  return found == state.service_nodes.end() ? ServiceNodeState::up : found->second.state;
}

bool left_behind(const State& state, const std::string& service_node) {
  const ServiceNodeState marked = state_of(state, service_node);
  return marked == ServiceNodeState::failed || marked == ServiceNodeState::maintenance;
}

const Takeover* waiting_for(const State& state, const Row& row) {
  const Takeover* takeover = takeover_of(state, row);
  if (takeover == nullptr || takeover->state == TakeoverState::finished) return nullptr;
  const TakeoverNode* part = part_of(takeover, row.node);
  return part == nullptr || is_final(part->verdict) ? nullptr : takeover;
}

bool is_of(const Row& row, const Takeover& takeover) {
  if (row.takeover != takeover.id()) return false;
  const TakeoverNode* part = part_of(&takeover, row.node);
  return part != nullptr &&
         (row.generation == part->generation ||
          (part->restored_generation != 0 && row.generation == part->restored_generation));
}

bool is_held_quarantined(const Row& row) {
  return row.state == RowState::held && row.reason.is(FactCode::in_quarantine);
}

bool may_converge(const State& state, const Row& row) {
  const Takeover* takeover = takeover_of(state, row);
  if (takeover != nullptr && is_of(row, *takeover)) {
    // A failback is a person's word about each node of it, whatever is marked.
    const bool stands = takeover->undoes != 0 && takeover->state != TakeoverState::aborted;
    if (takeover->state != TakeoverState::finished || stands) return true;
  }
  return std::any_of(row.from.begin(), row.from.end(),
                     [&](const std::string& name) { return left_behind(state, name); });
}

Cure repair_of(const State& state, const std::string& service_node, const std::string& node) {
  return Cure(CureCode::move_node,
              {.sn = service_node, .nodes = {node}, .planned = lives(state, service_node)});
}

Cure repair_or_leave(const State& state, const std::string& service_node, const std::string& node) {
  return Cure(CureCode::move_node_or_leave,
              {.sn = service_node, .nodes = {node}, .planned = lives(state, service_node)});
}

Cure resume_or_move(const State& state, const Takeover& takeover, const std::string& node) {
  const TakeoverNode* part = part_of(&takeover, node);
  if (takeover.state != TakeoverState::aborted || part == nullptr || part->from.empty()) {
    return Cure(CureCode::resume, {.takeover = takeover.number});
  }
  const std::string& from = part->from.front();
  return Cure(CureCode::move_node,
              {.sn = from, .to = part->to, .nodes = {node}, .planned = lives(state, from)});
}

}  // namespace sn::coordinator
