// What the coordinator signs orders with: an Ed25519 key pair (RFC 8032), which is derived from its
// CURVE secret, so that there is one secret to keep, to back up and to roll over.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/net/curve_keys.h"

namespace sn::orders {

inline constexpr size_t kSignatureBytes = 64;
inline constexpr size_t kPublicKeyText = 64;  // 32 bytes in hexadecimal digits

// Wipes its secret when it goes.
class OrderKey {
 public:
  explicit OrderKey(const net::CurveKeys& coordinator);
  OrderKey(const OrderKey&) = delete;
  OrderKey& operator=(const OrderKey&) = delete;
  ~OrderKey();

  // In hexadecimal digits.
  [[nodiscard]] const std::string& public_key() const { return public_key_; }
  // kSignatureBytes.
  [[nodiscard]] std::string sign(std::string_view bytes) const;

 private:
  std::array<unsigned char, 64> secret_{};
  std::string public_key_;
};

// False also if `public_key` is none.
[[nodiscard]] bool is_signed(std::string_view bytes, std::string_view signature,
                             const std::string& public_key);

}  // namespace sn::orders
