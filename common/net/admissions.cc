#include "common/net/admissions.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sn::net {

bool Admissions::take(const std::string& name, MonotonicTime now) {
  const auto [found, fresh] = keys_.try_emplace(name);
  Key& key = found->second;
  if (fresh) {
    key.left = limits_.burst;
    key.filled = now;
  }
  const double seconds = static_cast<double>(now - key.filled) / 1000;
  key.filled = now;
  key.left = std::min(limits_.burst, key.left + seconds * limits_.per_second);
  key.unheard = std::max(0.0, key.unheard - seconds * kForgottenPerSecond);
  if (key.left < 1 || key.unheard > limits_.unheard - 1) {
    ++key.refused;
    if (!key.said || now - *key.said >= kSayRefusedAgain_ms) over_ = name;
    return false;
  }
  key.left -= 1;
  key.unheard += 1;
  key.let_in = now;
  return true;
}

void Admissions::heard(const std::string& name) {
  const auto found = keys_.find(name);
  if (found != keys_.end()) found->second.unheard = std::max(0.0, found->second.unheard - 1);
}

void Admissions::all_closed(MonotonicTime now) {
  for (auto at = keys_.begin(); at != keys_.end();) {
    Key& key = at->second;
    if (now - key.let_in >= kUnheardFor_ms) key.unheard = 0;
    const double seconds = static_cast<double>(now - key.filled) / 1000;
    const bool says_nothing = key.unheard == 0 && key.refused == 0 &&
                              key.left + seconds * limits_.per_second >= limits_.burst;
    at = says_nothing ? keys_.erase(at) : std::next(at);
  }
}

std::optional<Admissions::Over> Admissions::news(MonotonicTime now) {
  const auto found = keys_.find(std::exchange(over_, {}));
  if (found == keys_.end()) return std::nullopt;
  found->second.said = now;
  return Over{found->first, std::exchange(found->second.refused, 0)};
}

}  // namespace sn::net
