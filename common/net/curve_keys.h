// CURVE key pairs (ZeroMQ RFC 26) in Z85 text (RFC 32), and the file a secret key is kept in.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn::net {

inline constexpr size_t kZ85KeyLength = 40;  // 32 bytes

// Well formed Z85 of 32 bytes; nothing is said about who holds it.
[[nodiscard]] bool is_curve_key(std::string_view z85);
// `bytes` has 32 bytes.
[[nodiscard]] std::string z85_of_key(std::string_view bytes);

// Wipes its secret when it goes.
class CurveKeys {
 public:
  static Result<CurveKeys> generate();
  // One whose public key can be typed: no character that a shell or an option parser takes for its
  // own ("--f0q!x*..."). About one key in 1,300 is so; some 50 ms.
  static Result<CurveKeys> generate_typable();
  // The pair of a secret key.
  static Result<CurveKeys> from_secret(std::string_view secret_z85);
  // The file has the secret key in Z85 on one line. denied: others than the owner can read it, or
  // it is neither root's nor ours. corrupt: it holds something else.
  static Result<CurveKeys> load(const std::string& path);
  // As load; if there is no file, generates a typable pair and saves it first (mode 0600, complete
  // or not at all; of two programs that do it at once both get the same pair).
  static Result<CurveKeys> load_or_create(const std::string& path);

  CurveKeys(CurveKeys&& other) noexcept;
  CurveKeys& operator=(CurveKeys&& other) noexcept;
  CurveKeys(const CurveKeys&) = delete;
  CurveKeys& operator=(const CurveKeys&) = delete;
  ~CurveKeys();

  [[nodiscard]] const std::string& public_key() const { return public_key_; }
  [[nodiscard]] const std::string& secret_key() const { return secret_key_; }
  // conflict: the file exists.
  [[nodiscard]] Status save(const std::string& path) const;

 private:
  CurveKeys() = default;
  void wipe();
  std::string public_key_;
  std::string secret_key_;
};

}  // namespace sn::net
