#include "coordinator/core/late_nodes.h"

#include <algorithm>

namespace sn::coordinator {

namespace {

bool is_unseen(const Assignment& part) {
  return has_no_plan(part) && part.outcome.verdict != Verdict::verified;
}

bool proves(const Assignment& part) {
  const auto verdict = part.outcome.verdict;
  return has_no_plan(part) && (verdict == Verdict::verified || verdict == Verdict::partly);
}

}  // namespace

void LateNodes::arrive(const Assignment& present) {
  const Takeover* takeover = takeover_of(ledger_.state(), present);
  if (takeover == nullptr) return;
  auto [found, fresh] = lines_.try_emplace(takeover->number);
  Line& line = found->second;
  if (fresh) line = line_of(*takeover);
  // It says hello again, over another path: it is told again, in its own place.
  line.told.erase(present.node);
  (is_unseen(present) ? line.unseen : line.waiting).insert(present.node);
}

LateNodes::Line LateNodes::line_of(const Takeover& takeover) const {
  Line line;
  const auto parts = parts_of(ledger_.state(), takeover);
  line.proven =
      takeover.waves.canary == 0 ||
      std::any_of(parts.begin(), parts.end(), [](const Assignment* part) { return proves(*part); });
  return line;
}

std::vector<std::string> LateNodes::take_due(bool look, Now now) {
  std::vector<std::string> due;
  const State& state = ledger_.state();
  for (auto entry = lines_.begin(); entry != lines_.end();) {
    auto& [number, line] = *entry;
    const auto takeover = state.takeovers.find(number);
    const bool waits = !line.waiting.empty() || !line.unseen.empty();
    if (takeover == state.takeovers.end() || (!waits && line.told.empty())) {
      entry = lines_.erase(entry);  // forgotten, or over
      continue;
    }
    if (look) note_ends(takeover->second, line, now);
    if (waits) take_due(takeover->second, line, due, now);
    ++entry;
  }
  return due;
}

void LateNodes::take_due(const Takeover& takeover, Line& line, std::vector<std::string>& due,
                         Now now) const {
  const uint32_t window = takeover.waves.window;
  const auto has_room = [&] { return window == 0 || line.told.size() < window; };
  const auto tell = [&](std::set<std::string>& from, bool unseen) {
    std::string name = std::move(from.extract(from.begin()).value());
    if (!still_waits(takeover, name)) return;
    const Assignment& present = *present_of(ledger_.state(), takeover.number, name);
    line.told.emplace(name, Told{now.monotonic, unseen, present.verdict, present.ended_unix_ms});
    due.push_back(std::move(name));
  };
  while (!line.waiting.empty() && has_room()) tell(line.waiting, false);
  // One that waits for its own scripts is no sign of trouble, and holds nobody up.
  const auto one_goes = [&] {
    return std::any_of(line.told.begin(), line.told.end(), [&](const auto& one) {
      const Presence* presence = fleet_.find(one.first);
      return one.second.unseen && presence != nullptr && !presence->blocked_by_scripts();
    });
  };
  while (!line.unseen.empty() && has_room() && (line.proven || !one_goes())) {
    tell(line.unseen, true);
  }
}

bool LateNodes::waits(const std::string& node) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const auto& entry) {
    return entry.second.waiting.contains(node) || entry.second.unseen.contains(node);
  });
}

// Gone again, or decided otherwise: it says hello when it is back.
bool LateNodes::still_waits(const Takeover& takeover, const std::string& node) const {
  const Presence* presence = fleet_.find(node);
  const Assignment* present = present_of(ledger_.state(), takeover.number, node);
  return presence != nullptr && presence->connected() && present != nullptr &&
         present->state == AssignmentState::released && present->verdict != Verdict::verified;
}

void LateNodes::note_ends(const Takeover& takeover, Line& line, Now now) const {
  std::erase_if(line.told, [&](const auto& one) {
    const auto& [name, told] = one;
    const Assignment* part = part_of(ledger_.state(), takeover.number, name);
    if (part == nullptr) return true;
    const bool as_before =
        part->verdict == told.verdict && part->ended_unix_ms == told.ended_unix_ms;
    if (is_final(part->verdict) && !as_before) {
      line.proven = line.proven || proves(*part);
      return true;
    }
    return now.monotonic - told.since > kPlaceMs;
  });
}

}  // namespace sn::coordinator
