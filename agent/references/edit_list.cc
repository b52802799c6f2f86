#include "agent/references/edit_list.h"

#include <algorithm>

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
  if (after.empty()) return;
  for (auto& change : changes_) {
    if (change.begin == offset && change.end == offset) {
      change.after += after;
      return;
    }
  }
  changes_.push_back({offset, offset, std::string(after)});
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
  // At one place the insertion comes first, then the longest.
  std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    if ((a.begin == a.end) != (b.begin == b.end)) return a.begin == a.end;
    return a.end > b.end;
  });
  std::vector<Change> merged;
  for (auto& change : changes_) {
    if (!merged.empty() && change.begin < merged.back().end) {
      merged.back().end = std::max(merged.back().end, change.end);
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
