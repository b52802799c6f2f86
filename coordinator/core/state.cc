#include "coordinator/core/state.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/model/generation.h"

namespace sn::coordinator {

namespace {

const KeptPlan* stands_for(const TakeoverHeader& takeover, const Assignment& part) {
  return part.outcome.as_planned ? takeover.plan_of(part.group) : nullptr;
}

}  // namespace

const std::vector<PlannedChange>& changes_of(const TakeoverHeader& takeover,
                                             const Assignment& part) {
  const KeptPlan* plan = stands_for(takeover, part);
  return plan == nullptr ? part.outcome.changes : plan->changes;
}

std::vector<Finding> findings_of(const TakeoverHeader& takeover, const Assignment& part) {
  std::vector<Finding> findings = part.outcome.findings;
  if (const KeptPlan* plan = stands_for(takeover, part)) {
    findings.insert(findings.end(), plan->findings.begin(), plan->findings.end());
    sort_by_weight(findings);
  }
  return findings;
}

const KeptPlan* TakeoverHeader::plan_of(const std::string& group) const {
  const auto found = std::find_if(plans->begin(), plans->end(),
                                  [&](const KeptPlan& plan) { return plan.group == group; });
  return found == plans->end() ? nullptr : &*found;
}

void State::put(Assignment assignment) {
  if (assignment.takeover != 0) takeovers.at(assignment.takeover).nodes.insert(assignment.node);
  NodeRecord& record = nodes[assignment.node];
  if (record.node.empty()) record.node = assignment.node;
  record.put(std::move(assignment));
}

void State::drop(const std::string& node, uint32_t serial) {
  const auto record = nodes.find(node);
  if (record == nodes.end()) return;
  record->second.drop(serial);
  if (record->second.assignments.empty()) nodes.erase(record);
}

bool is_final(Verdict verdict) { return verdict != Verdict::pending && verdict != Verdict::none; }

bool as_planned(const Assignment& part) {
  switch (part.verdict) {
    case Verdict::failed:
      return false;
    case Verdict::blocked:
      return part.outlook == Outlook::blocked;
    case Verdict::partly:
      return part.outlook != Outlook::whole && part.outlook != Outlook::nothing;
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

bool is_beyond_any(uint64_t generation) { return generation > kMostGenerationStep; }

bool is_beyond_next(const State& state, uint64_t generation, WallTime now) {
  const auto clock = static_cast<uint64_t>(std::max<int64_t>(now.unix_ms, 0));
  return generation >= std::max(state.last_generation + 1, clock);
}

bool has_spent_generations(const State& state) {
  return state.last_generation >= kMostGenerationStep;
}

const NodeRecord* find_node(const State& state, const std::string& node) {
  const auto found = state.nodes.find(node);
  return found == state.nodes.end() || !found->second.in_table() ? nullptr : &found->second;
}

std::vector<const NodeRecord*> table_of(const State& state) {
  std::vector<const NodeRecord*> table;
  table.reserve(state.nodes.size());
  for (const auto& [name, node] : state.nodes) {
    if (node.in_table()) table.push_back(&node);
  }
  return table;
}

const Takeover* takeover_of(const State& state, const Assignment& assignment) {
  const auto found = state.takeovers.find(assignment.takeover);
  return found == state.takeovers.end() ? nullptr : &found->second;
}

std::string takeover_id_of(const Assignment& assignment) {
  return assignment.takeover == 0 ? std::string() : takeover_id(assignment.takeover);
}

const Assignment* part_of(const State& state, uint64_t takeover, const std::string& node) {
  const auto found = state.nodes.find(node);
  return found == state.nodes.end() ? nullptr : found->second.part_of(takeover);
}

std::vector<const Assignment*> parts_of(const State& state, const Takeover& takeover) {
  std::vector<const Assignment*> parts;
  parts.reserve(takeover.nodes.size());
  for (const auto& name : takeover.nodes) {
    if (const Assignment* part = part_of(state, takeover.number, name)) parts.push_back(part);
  }
  return parts;
}

const Assignment* present_of(const State& state, uint64_t takeover, const std::string& node) {
  const NodeRecord* record = find_node(state, node);
  return record == nullptr || record->present().takeover != takeover ? nullptr : &record->present();
}

namespace {

// A service node in maintenance lives, and is asked.
bool lives(const State& state, const std::string& service_node) {
  return state_of(state, service_node) != ServiceNodeState::failed;
}

}  // namespace

bool is_held_for_its_plan(const Assignment& present) {
  return present.state == AssignmentState::held && present.reason.is(FactCode::plan_differs);
}

ServiceNodeState state_of(const State& state, const std::string& service_node) {
  const auto found = state.service_nodes.find(service_node);
  return found == state.service_nodes.end() ? ServiceNodeState::up : found->second.state;
}

bool left_behind(const State& state, const std::string& service_node) {
  const ServiceNodeState marked = state_of(state, service_node);
  return marked == ServiceNodeState::failed || marked == ServiceNodeState::maintenance;
}

const Takeover* waiting_for(const State& state, const NodeRecord& node) {
  const Assignment& present = node.present();
  const Takeover* takeover = takeover_of(state, present);
  if (takeover == nullptr || takeover->state == TakeoverState::finished) return nullptr;
  return is_final(present.verdict) ? nullptr : takeover;
}

bool is_held_quarantined(const Assignment& present) {
  return present.state == AssignmentState::held && present.reason.is(FactCode::in_quarantine);
}

bool may_converge(const State& state, const Assignment& present) {
  if (const Takeover* takeover = takeover_of(state, present)) {
    // A failback is a person's word about each node of it, whatever is marked.
    const bool stands = takeover->undoes != 0 && takeover->state != TakeoverState::aborted;
    if (takeover->state != TakeoverState::finished || stands) return true;
  }
  const auto& from = present.still_to_leave();
  return std::any_of(from.begin(), from.end(),
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
  const Assignment* part = part_of(state, takeover.number, node);
  if (takeover.state != TakeoverState::aborted || part == nullptr || part->from.empty()) {
    return Cure(CureCode::resume, {.takeover = takeover.number});
  }
  const std::string& from = part->from.front();
  return Cure(CureCode::move_node,
              {.sn = from, .to = part->to, .nodes = {node}, .planned = lives(state, from)});
}

}  // namespace sn::coordinator
