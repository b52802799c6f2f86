#include "common/base/nearest.h"

#include <algorithm>
#include <limits>

namespace sn {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// How many characters are to be inserted, removed or replaced, or swapped with their neighbour.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& names) {
  // Longer ones are no names of ours, and this takes quadratic time.
  constexpr size_t kMaxName = 256;
  if (typed.empty() || typed.size() > kMaxName) return {};
  std::string found;
  size_t least = std::numeric_limits<size_t>::max();
  for (const auto& name : names) {
    if (name.size() > kMaxName) continue;
    const size_t away = distance(typed, name);
    if (away > std::max<size_t>(1, name.size() / 3) || away >= least) continue;
    least = away;
    found = name;
  }
  return found;
}

}  // namespace sn
