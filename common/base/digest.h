// BLAKE2b (RFC 7693): tells two values apart by a short text. Whatever an administrator wrote (a
// marker, a configuration file, cluster.toml) is compared by it, so two that differ must not look
// alike, not even if somebody wanted it. It needs no randomness and opens nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sn {

class Digest {
 public:
  Digest();

  // Every added piece is closed by its length, so that ("ab","c") differs from ("a","bc").
  Digest& add(std::string_view piece);
  Digest& add(uint64_t number);

  // The digest of what was added so far; more can be added afterwards.
  [[nodiscard]] std::string hex() const;  // 64 hex digits: what is compared and kept
  // The first 16 of them, where people read it and where values of our own are grouped.
  [[nodiscard]] std::string short_hex() const;

 private:
  void mix(const void* bytes, size_t size);

  // libsodium's crypto_generichash_state, whose header stays out of ours.
  static constexpr size_t kStateBytes = 384;
  alignas(64) std::array<unsigned char, kStateBytes> state_;
};

}  // namespace sn
