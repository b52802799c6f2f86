#include "common/base/netstring.h"

#include <charconv>

namespace sn {

NetstringWriter& NetstringWriter::add(std::string_view bytes) {
  text_.append(std::to_string(bytes.size())).append(":").append(bytes).append(",");
  return *this;
}

std::string NetstringReader::text() {
  size_t size = 0;
  const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
  const auto at = static_cast<size_t>(end - text_.data());
  const size_t left = text_.size() - at;
  // ':' before, ',' after.
  if (!good_ || error != std::errc{} || left < 2 || size > left - 2 || *end != ':' ||
      text_[at + 1 + size] != ',') {
    good_ = false;
    return {};
  }
  std::string field(text_.substr(at + 1, size));
  text_.remove_prefix(at + size + 2);
  return field;
}

uint64_t NetstringReader::number(uint64_t most) {
  const std::string digits = text();
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value > most) {
    good_ = false;
    return 0;
  }
  return value;
}

}  // namespace sn
