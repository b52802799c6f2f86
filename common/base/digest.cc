#include "common/base/digest.h"

#include <cstring>

namespace sn {

void Digest::mix(const char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    value_ ^= static_cast<unsigned char>(bytes[i]);
    value_ *= 0x100000001b3ULL;
  }
}

Digest& Digest::add(std::string_view piece) {
  mix(piece.data(), piece.size());
  return add(static_cast<uint64_t>(piece.size()));
}

Digest& Digest::add(uint64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  mix(bytes, sizeof bytes);
  return *this;
}

std::string Digest::hex() const {
  static const char* const kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (size_t i = 0; i < 16; ++i) text[15 - i] = kDigits[(value_ >> (4 * i)) & 0xf];
  return text;
}

}  // namespace sn
