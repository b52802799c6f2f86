// FNV-1a, 64 bit: tells two values apart that we made ourselves. No protection against an
// adversary is asked of it anywhere. http://www.isthe.com/chongo/tech/comp/fnv/
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sn {

class Digest {
 public:
  // Every added piece is closed by its length, so that ("ab","c") differs from ("a","bc").
  Digest& add(std::string_view piece);
  Digest& add(uint64_t number);
  [[nodiscard]] uint64_t value() const { return value_; }
  [[nodiscard]] std::string hex() const;  // 16 hex digits

 private:
  void mix(const char* bytes, size_t size);
  uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace sn
