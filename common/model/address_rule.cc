#include "common/model/address_rule.h"

#include <charconv>
#include <string>

namespace sn {

namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> number_of_node(std::string_view node) {
  node = node.substr(0, node.find('.'));
  const size_t begin = node.find_last_not_of("0123456789") + 1;  // npos + 1 is 0
  return number_of<int64_t>(node.substr(begin));
}

// Of what stands in braces: "n", "n+10", "n-1".
std::optional<int64_t> value_of(std::string_view expression, int64_t number) {
  if (!expression.starts_with('n')) return std::nullopt;
  expression.remove_prefix(1);
  if (expression.empty()) return number;
  const char sign = expression.front();
  if (sign != '+' && sign != '-') return std::nullopt;
  const auto other = number_of<uint32_t>(expression.substr(1));
  if (!other) return std::nullopt;
  return sign == '+' ? number + *other : number - *other;
}

}  // namespace

std::optional<IpAddress> address_by_rule(std::string_view rule, std::string_view node) {
  std::string address;
  while (true) {
    const size_t open = rule.find('{');
    address += rule.substr(0, open);
    if (open == std::string_view::npos) return IpAddress::parse(address);
    const size_t close = rule.find('}', open);
    const auto number = number_of_node(node);
    if (close == std::string_view::npos || !number) return std::nullopt;
    const auto value = value_of(rule.substr(open + 1, close - open - 1), *number);
    if (!value || *value < 0) return std::nullopt;
    address += std::to_string(*value);
    rule.remove_prefix(close + 1);
  }
}

}  // namespace sn
