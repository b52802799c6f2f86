// Bytes from one holder of a CURVE key to another one, outside of ZeroMQ: who opens them knows
// whose they are, and nobody else can read or change them. libsodium's crypto_box: X25519,
// XSalsa20, Poly1305; a random nonce of 24 bytes stands before the box.
//
// Both directions of a pair have one secret: what is sealed says itself what it is, and a reader
// takes nothing for its own words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/curve_keys.h"

namespace sn::net {

inline constexpr size_t kSealBytes = 24 + 16;  // more than what is sealed

// `peer`: a public key in Z85. Empty: it is none.
[[nodiscard]] std::string seal(std::string_view plain, const CurveKeys& own,
                               const std::string& peer);
// nullopt: not sealed by `peer` for us, or changed since.
[[nodiscard]] std::optional<std::string> open_sealed(std::string_view sealed, const CurveKeys& own,
                                                     const std::string& peer);

}  // namespace sn::net
