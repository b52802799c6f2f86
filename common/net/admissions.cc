#include "common/net/admissions.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sn::net {

bool Admissions::take(const std::string& name, MonotonicTime now) {
  const auto [found, fresh] = nodes_.try_emplace(name);
  Node& node = found->second;
  if (fresh) {
    node.left = limits_.burst;
    node.filled = now;
  }
  const double seconds = static_cast<double>(now - node.filled) / 1000;
  node.filled = now;
  node.left = std::min(limits_.burst, node.left + seconds * limits_.per_second);
  node.unheard = std::max(0.0, node.unheard - seconds * kForgottenPerSecond);
  if (node.left < 1 || node.unheard > limits_.unheard - 1) {
    ++node.refused;
    if (!node.said || now - *node.said >= kSayRefusedAgain_ms) over_ = name;
    return false;
  }
  node.left -= 1;
  node.unheard += 1;
  node.let_in = now;
  return true;
}

void Admissions::heard(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found != nodes_.end()) found->second.unheard = std::max(0.0, found->second.unheard - 1);
}

void Admissions::all_closed(MonotonicTime now) {
  for (auto at = nodes_.begin(); at != nodes_.end();) {
    Node& node = at->second;
    if (now - node.let_in >= kUnheardFor_ms) node.unheard = 0;
    const double seconds = static_cast<double>(now - node.filled) / 1000;
    const bool says_nothing = node.unheard == 0 && node.refused == 0 &&
                              node.left + seconds * limits_.per_second >= limits_.burst;
    at = says_nothing ? nodes_.erase(at) : std::next(at);
  }
}

std::optional<Admissions::Over> Admissions::news(MonotonicTime now) {
  const auto found = nodes_.find(std::exchange(over_, {}));
  if (found == nodes_.end()) return std::nullopt;
  found->second.said = now;
  return Over{found->first, std::exchange(found->second.refused, 0)};
}

}  // namespace sn::net
