#include "common/facts/node_fold.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>

namespace sn {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string padded(uint64_t value, size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

}  // namespace

std::string fold_node_list(std::vector<std::string> names) {
  // Same text around the last number and same width fold together.
  struct Shape {
    std::string before, after;
    size_t width = 0;  // 0: a name without a number; 1: one that is not padded
    auto operator<=>(const Shape&) const = default;
  };
  // Numbers of one width are padded to it if any of them begins with a 0.
  std::set<Shape> padded_shapes;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::map<Shape, std::vector<uint64_t>> shapes;
  for (const auto& name : names) {
    size_t end = name.size();
    while (end > 0 && !is_digit(name[end - 1])) --end;
    size_t begin = end;
    // 18 digits always fit 64 bits.
    while (begin > 0 && is_digit(name[begin - 1]) && end - begin < 18) --begin;
    uint64_t value = 0;
    if (begin == end) {
      shapes[{name, "", 0}];
      continue;
    }
    std::from_chars(name.data() + begin, name.data() + end, value);
    const Shape shape{name.substr(0, begin), name.substr(end), end - begin};
    if (name[begin] == '0' && shape.width > 1) padded_shapes.insert(shape);
    shapes[shape].push_back(value);
  }
  for (auto entry = shapes.begin(); entry != shapes.end();) {
    const auto [before, after, width] = entry->first;
    if (width <= 1 || padded_shapes.contains(entry->first)) {
      ++entry;
      continue;
    }
    std::vector<uint64_t> values = std::move(entry->second);
    entry = shapes.erase(entry);
    auto& all = shapes[{before, after, 1}];
    all.insert(all.end(), values.begin(), values.end());
  }
  std::string text;
  for (auto& [shape, values] : shapes) {
    if (!text.empty()) text += ',';
    text += shape.before;
    if (shape.width == 0) continue;
    std::sort(values.begin(), values.end());
    if (values.size() > 1) text += '[';
    for (size_t i = 0; i < values.size();) {
      size_t last = i;
      while (last + 1 < values.size() && values[last + 1] == values[last] + 1) ++last;
      if (i > 0) text += ',';
      text += padded(values[i], shape.width);
      if (last > i) text += '-' + padded(values[last], shape.width);
      i = last + 1;
    }
    if (values.size() > 1) text += ']';
    text += shape.after;
  }
  return text;
}

}  // namespace sn
