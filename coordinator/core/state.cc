#include "coordinator/core/state.h"

#include <algorithm>
#include <cstdlib>

namespace sn::coordinator {

std::string_view to_string(RowState state) {
  switch (state) {
    case RowState::observed:
      return "observed";
    case RowState::held:
      return "held";
    case RowState::released:
      return "released";
  }
  return "observed";
}

std::string_view to_string(ServiceNodeState state) {
  switch (state) {
    case ServiceNodeState::up:
      return "up";
    case ServiceNodeState::suspect:
      return "suspect";
    case ServiceNodeState::failed:
      return "failed";
    case ServiceNodeState::maintenance:
      return "maintenance";
  }
  return "up";
}

std::string_view to_string(TakeoverState state) {
  switch (state) {
    case TakeoverState::running:
      return "running";
    case TakeoverState::finished:
      return "finished";
  }
  return "running";
}

bool is_final(Verdict verdict) { return verdict != Verdict::pending && verdict != Verdict::none; }

const Takeover* takeover_of(const State& state, const Row& row) {
  // "T17" -> 17; row.takeover is our own text.
  if (row.takeover.size() < 2) return nullptr;
  const auto found = state.takeovers.find(std::strtoull(row.takeover.c_str() + 1, nullptr, 10));
  return found == state.takeovers.end() ? nullptr : &found->second;
}

bool left_behind(const State& state, const std::string& service_node) {
  const auto found = state.service_nodes.find(service_node);
  return found != state.service_nodes.end() &&
         (found->second.state == ServiceNodeState::failed ||
          found->second.state == ServiceNodeState::maintenance);
}

bool may_converge(const State& state, const Row& row) {
  const Takeover* takeover = takeover_of(state, row);
  if (takeover != nullptr && takeover->state == TakeoverState::running) return true;
  return std::any_of(row.from.begin(), row.from.end(),
                     [&](const std::string& name) { return left_behind(state, name); });
}

std::string repair_of(const State& state, const std::string& service_node,
                      const std::string& node) {
  return "snctl takeover " + service_node + " --nodes " + node +
         (left_behind(state, service_node) ? "" : " --planned");
}

}  // namespace sn::coordinator
