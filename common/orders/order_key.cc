#include "common/orders/order_key.h"

#include <sodium.h>
#include <zmq.h>

namespace sn::orders {

namespace {

static_assert(kSignatureBytes == crypto_sign_BYTES);
static_assert(kPublicKeyText == size_t{2} * crypto_sign_PUBLICKEYBYTES);

// What the CURVE secret is used for here: nothing else derives with this word.
constexpr std::string_view kPurpose = "snkeeper orders";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex_of(const std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>& bytes) {
  std::array<char, kPublicKeyText + 1> text{};
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

}  // namespace

OrderKey::OrderKey(const net::CurveKeys& coordinator) {
  static_assert(crypto_sign_SECRETKEYBYTES == 64);
  std::array<unsigned char, crypto_generichash_KEYBYTES> curve{};
  std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  (void)zmq_z85_decode(curve.data(), coordinator.secret_key().c_str());
  (void)crypto_generichash(seed.data(), seed.size(), bytes_of(kPurpose), kPurpose.size(),
                           curve.data(), curve.size());
  (void)crypto_sign_seed_keypair(public_key.data(), secret_.data(), seed.data());
  sodium_memzero(curve.data(), curve.size());
  sodium_memzero(seed.data(), seed.size());
  public_key_ = hex_of(public_key);
}

OrderKey::~OrderKey() { sodium_memzero(secret_.data(), secret_.size()); }

std::string OrderKey::sign(std::string_view bytes) const {
  std::string signature(kSignatureBytes, '\0');
  (void)crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                             bytes_of(bytes), bytes.size(), secret_.data());
  return signature;
}

bool is_signed(std::string_view bytes, std::string_view signature, const std::string& public_key) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
  size_t size = 0;
  return signature.size() == kSignatureBytes && public_key.size() == kPublicKeyText &&
         sodium_hex2bin(key.data(), key.size(), public_key.data(), public_key.size(), nullptr,
                        &size, nullptr) == 0 &&
         size == key.size() &&
         crypto_sign_verify_detached(bytes_of(signature), bytes_of(bytes), bytes.size(),
                                     key.data()) == 0;
}

}  // namespace sn::orders
