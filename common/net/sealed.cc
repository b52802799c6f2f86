#include "common/net/sealed.h"

#include <sodium.h>
#include <zmq.h>

#include <array>

namespace sn::net {

namespace {

static_assert(kSealBytes == crypto_box_NONCEBYTES + crypto_box_MACBYTES);

// What two keys have in common. Wipes itself.
class Shared {
 public:
  Shared(const CurveKeys& own, const std::string& peer) {
    std::array<unsigned char, crypto_box_SECRETKEYBYTES> secret{};
    std::array<unsigned char, crypto_box_PUBLICKEYBYTES> theirs{};
    good_ = is_curve_key(peer) && zmq_z85_decode(theirs.data(), peer.c_str()) != nullptr &&
            zmq_z85_decode(secret.data(), own.secret_key().c_str()) != nullptr &&
            crypto_box_beforenm(bytes_.data(), theirs.data(), secret.data()) == 0;
    sodium_memzero(secret.data(), secret.size());
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { sodium_memzero(bytes_.data(), bytes_.size()); }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] const unsigned char* bytes() const { return bytes_.data(); }

 private:
  std::array<unsigned char, crypto_box_BEFORENMBYTES> bytes_{};
  bool good_ = false;
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string seal(std::string_view plain, const CurveKeys& own, const std::string& peer) {
  const Shared shared(own, peer);
  if (!shared.good()) return {};
  std::string sealed(kSealBytes + plain.size(), '\0');
  auto* nonce = reinterpret_cast<unsigned char*>(sealed.data());
  randombytes_buf(nonce, crypto_box_NONCEBYTES);
  if (crypto_box_easy_afternm(nonce + crypto_box_NONCEBYTES, bytes_of(plain), plain.size(), nonce,
                              shared.bytes()) != 0) {
    return {};
  }
  return sealed;
}

std::optional<std::string> open_sealed(std::string_view sealed, const CurveKeys& own,
                                       const std::string& peer) {
  if (sealed.size() < kSealBytes) return std::nullopt;
  const Shared shared(own, peer);
  if (!shared.good()) return std::nullopt;
  std::string plain(sealed.size() - kSealBytes, '\0');
  const unsigned char* nonce = bytes_of(sealed);
  if (crypto_box_open_easy_afternm(
          reinterpret_cast<unsigned char*>(plain.data()), nonce + crypto_box_NONCEBYTES,
          sealed.size() - crypto_box_NONCEBYTES, nonce, shared.bytes()) != 0) {
    return std::nullopt;
  }
  return plain;
}

}  // namespace sn::net
