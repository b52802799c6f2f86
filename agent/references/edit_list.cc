#include "agent/references/edit_list.h"

#include <algorithm>
#include <numeric>

namespace sn::agent {

EditList::EditList(std::string_view text) : text_(text) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

void EditList::replace(size_t offset, size_t size, std::string_view after) {
  if (text_.substr(offset, size) == after) return;
  changes_.push_back({offset, offset + size, std::string(after)});
}

void EditList::insert(size_t offset, std::string_view after) {
  if (!after.empty()) changes_.push_back({offset, offset, std::string(after)});
}

void EditList::erase(size_t begin, size_t end) {
  if (begin < end) changes_.push_back({begin, end, {}});
}

void EditList::erase_with_blank_lines(size_t begin, size_t end) {
  size_t first = begin;
  while (first > 0 && is_blank(text_[first - 1])) --first;
  size_t last = end;
  while (last < text_.size() && is_blank(text_[last])) ++last;
  const bool at_start = first == 0 || text_[first - 1] == '\n';
  const size_t end_size = text_.substr(last, 1) == "\n"     ? 1
                          : text_.substr(last, 2) == "\r\n" ? 2
                                                            : 0;
  if (at_start && (end_size > 0 || last == text_.size())) {
    erase(first, last + end_size);
  } else {
    erase(begin, end);
  }
}

uint32_t EditList::line_at(size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<uint32_t>(after - line_starts_.begin());
}

std::vector<Edit> EditList::take() {
  // At one place the insertions come first, in their order, then the longest.
  std::vector<size_t> order(changes_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) {
    const Change& a = changes_[i];
    const Change& b = changes_[j];
    if (a.begin != b.begin) return a.begin < b.begin;
    if ((a.begin == a.end) != (b.begin == b.end)) return a.begin == a.end;
    return a.end != b.end ? a.end > b.end : i < j;
  });
  std::vector<Change> merged;
  for (const size_t i : order) {
    Change& change = changes_[i];
    Change* last = merged.empty() ? nullptr : &merged.back();
    if (last != nullptr && change.begin < last->end) {
      last->end = std::max(last->end, change.end);
    } else if (last != nullptr && last->begin == last->end && change.begin == change.end &&
               last->begin == change.begin) {
      last->after += change.after;
    } else {
      merged.push_back(std::move(change));
    }
  }
  changes_.clear();
  std::vector<Edit> edits;
  edits.reserve(merged.size());
  for (auto& change : merged) {
    edits.push_back({change.begin, line_at(change.begin),
                     std::string(text_.substr(change.begin, change.end - change.begin)),
                     std::move(change.after)});
  }
  return edits;
}

}  // namespace sn::agent
