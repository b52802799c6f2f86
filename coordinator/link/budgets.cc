#include "coordinator/link/budgets.h"

#include <algorithm>
#include <utility>

namespace sn::coordinator {

bool Budgets::take(const std::string& node, size_t bytes, MonotonicTime now) {
  if (budgets_.size() >= kMostBudgets && !budgets_.contains(node)) make_room(now);
  const auto [found, fresh] = budgets_.try_emplace(node);
  Budget& budget = found->second;
  if (fresh) budget.filled = now;
  const double seconds = static_cast<double>(now - budget.filled) / 1000;
  budget.filled = now;
  budget.frames = std::min(kFrameBurst, budget.frames + seconds * kFramesPerSecond);
  budget.bytes = std::min(kByteBurst, budget.bytes + seconds * kBytesPerSecond);
  const auto wanted = static_cast<double>(bytes);
  if (budget.frames < 1 || budget.bytes < wanted) {
    ++budget.dropped;
    if (!budget.said || now - *budget.said >= kSayAgain_ms) over_ = node;
    return false;
  }
  budget.frames -= 1;
  budget.bytes -= wanted;
  return true;
}

std::optional<Budgets::Over> Budgets::news(MonotonicTime now) {
  const auto found = budgets_.find(std::exchange(over_, {}));
  if (found == budgets_.end()) return std::nullopt;
  found->second.said = now;
  return Over{found->first, std::exchange(found->second.dropped, 0)};
}

// A bucket that is full again says nothing about its node that a new one would not.
void Budgets::make_room(MonotonicTime now) {
  std::erase_if(budgets_, [&](const auto& entry) {
    const double seconds = static_cast<double>(now - entry.second.filled) / 1000;
    return entry.second.frames + seconds * kFramesPerSecond >= kFrameBurst &&
           entry.second.bytes + seconds * kBytesPerSecond >= kByteBurst;
  });
}

}  // namespace sn::coordinator
