// Values of any bytes one after another in one text: "5:hello,". For files that only we read and
// write. https://cr.yp.to/proto/netstrings.txt
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sn {

class NetstringWriter {
 public:
  NetstringWriter& add(std::string_view bytes);
  NetstringWriter& add(uint64_t number) { return add(std::to_string(number)); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// The first field that is not there, or not as it must be, spoils everything after it: what is read
// counts only if whole() says so.
class NetstringReader {
 public:
  explicit NetstringReader(std::string_view text) : text_(text) {}

  std::string text();
  uint64_t number(uint64_t most = UINT64_MAX);
  // Everything was there, and nothing is left.
  [[nodiscard]] bool whole() const { return good_ && text_.empty(); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view text_;
  bool good_ = true;
};

}  // namespace sn
