#include "common/base/digest.h"

#include <sodium/crypto_generichash.h>

namespace sn {

namespace {

constexpr size_t kDigestBytes = crypto_generichash_BYTES;
constexpr size_t kShortDigits = 16;

crypto_generichash_state* state_of(unsigned char* bytes) {
  return reinterpret_cast<crypto_generichash_state*>(bytes);
}

}  // namespace

Digest::Digest() {
  static_assert(sizeof(crypto_generichash_state) == kStateBytes);
  static_assert(alignof(crypto_generichash_state) <= alignof(Digest));
  crypto_generichash_init(state_of(state_.data()), nullptr, 0, kDigestBytes);
}

void Digest::mix(const void* bytes, size_t size) {
  crypto_generichash_update(state_of(state_.data()), static_cast<const unsigned char*>(bytes),
                            size);
}

Digest& Digest::add(std::string_view piece) {
  mix(piece.data(), piece.size());
  return add(static_cast<uint64_t>(piece.size()));
}

Digest& Digest::add(uint64_t number) {
  mix(&number, sizeof number);
  return *this;
}

std::string Digest::hex() const {
  static const char* const kDigits = "0123456789abcdef";
  alignas(crypto_generichash_state) auto state = state_;
  std::array<unsigned char, kDigestBytes> bytes{};
  crypto_generichash_final(state_of(state.data()), bytes.data(), bytes.size());
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0xf]);
  }
  return text;
}

std::string Digest::short_hex() const { return hex().substr(0, kShortDigits); }

}  // namespace sn
