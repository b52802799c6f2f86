// External data representation (RFC 4506): big-endian words of four bytes, opaque content padded to
// whole words. Only what RPC calls of ours need. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sn::net::xdr {

void append(std::string& bytes, uint32_t word);
// Variable-length: its size, its bytes, padding.
void append(std::string& bytes, std::string_view content);

// Reads from the front of a view. What is not there reads as zero and is remembered.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] uint32_t next();
  // Opaque content of this many bytes, with its padding.
  void skip(uint32_t size);

  [[nodiscard]] bool too_short() const { return short_; }
  [[nodiscard]] std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
  bool short_ = false;
};

}  // namespace sn::net::xdr
