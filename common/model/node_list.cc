#include "common/model/node_list.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace sn {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool lawful_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

tl::unexpected<Error> bad(std::string_view part, std::string why) {
  return fail(ErrorClass::invalid_input, "reading node list", std::string(part), std::move(why),
              "write names as cn001 or cn[001-128,200]");
}

Result<uint64_t> number(std::string_view digits, std::string_view part) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return bad(part, "'" + std::string(digits) + "' is no number");
  }
  return value;
}

std::string padded(uint64_t value, size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

// The alternatives within one pair of brackets: "001-110,118" -> 111 strings.
Result<std::vector<std::string>> alternatives(std::string_view inside, std::string_view part) {
  std::vector<std::string> result;
  while (true) {
    const size_t comma = inside.find(',');
    const std::string_view item = inside.substr(0, comma);
    const size_t dash = item.find('-');
    const std::string_view first = item.substr(0, dash);
    const auto low = number(first, part);
    if (!low) return tl::unexpected(low.error());
    uint64_t high_value = *low;
    if (dash != std::string_view::npos) {
      if (item.substr(dash + 1).empty()) return bad(part, "the range has no end");
      const auto high = number(item.substr(dash + 1), part);
      if (!high) return tl::unexpected(high.error());
      high_value = *high;
      if (high_value < *low) return bad(part, "the range ends before it begins");
    }
    if (high_value - *low >= kMaxNodes || result.size() + (high_value - *low) >= kMaxNodes) {
      return fail(ErrorClass::limit, "reading node list", std::string(part),
                  "more than " + std::to_string(kMaxNodes) + " nodes", "name fewer nodes");
    }
    for (uint64_t value = *low; value <= high_value; ++value) {
      result.push_back(padded(value, first.size()));
    }
    if (comma == std::string_view::npos) return result;
    inside.remove_prefix(comma + 1);
  }
}

Result<std::vector<std::string>> expand_part(std::string_view part) {
  std::vector<std::string> names{""};
  for (size_t i = 0; i < part.size();) {
    std::vector<std::string> next;
    if (part[i] == '[') {
      const size_t close = part.find(']', i);
      if (close == std::string_view::npos) return bad(part, "'[' is not closed");
      const auto choices = alternatives(part.substr(i + 1, close - i - 1), part);
      if (!choices) return tl::unexpected(choices.error());
      if (names.size() * choices->size() > kMaxNodes) {
        return fail(ErrorClass::limit, "reading node list", std::string(part),
                    "more than " + std::to_string(kMaxNodes) + " nodes", "name fewer nodes");
      }
      next.reserve(names.size() * choices->size());
      for (const auto& name : names) {
        for (const auto& choice : *choices) next.push_back(name + choice);
      }
      i = close + 1;
    } else {
      if (!lawful_name_character(part[i])) {
        return bad(part, std::string("'") + part[i] + "' cannot be in a node name");
      }
      for (auto& name : names) name += part[i];
      ++i;
      continue;
    }
    names = std::move(next);
  }
  return names;
}

}  // namespace

Result<std::vector<std::string>> expand_node_list(std::string_view list, Duplicates duplicates) {
  std::vector<std::string> result;
  std::unordered_set<std::string> seen;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size()) {
      if (list[i] == '[') ++depth;
      if (list[i] == ']') --depth;
      if (depth < 0 || depth > 1) return bad(list, "brackets do not match");
      if (list[i] != ',' || depth != 0) continue;
    }
    const std::string_view part = list.substr(begin, i - begin);
    begin = i + 1;
    if (part.empty()) return bad(list, "an empty name");
    auto names = expand_part(part);
    if (!names) return tl::unexpected(names.error());
    for (auto& name : *names) {
      if (!seen.insert(name).second) {
        if (duplicates == Duplicates::drop) continue;
        return fail(ErrorClass::conflict, "reading node list", std::string(part),
                    "node '" + name + "' is listed twice", "list every node once");
      }
      if (result.size() == kMaxNodes) {
        return fail(ErrorClass::limit, "reading node list", std::string(part),
                    "more than " + std::to_string(kMaxNodes) + " nodes", "name fewer nodes");
      }
      result.push_back(std::move(name));
    }
  }
  return result;
}

}  // namespace sn
