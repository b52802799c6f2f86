#include "common/net/xdr.h"

#include <algorithm>

namespace sn::net::xdr {

namespace {

constexpr size_t kWord = 4;

constexpr size_t padded(size_t size) { return (size + kWord - 1) / kWord * kWord; }

}  // namespace

void append(std::string& bytes, uint32_t word) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<char>(word >> shift & 0xffU));
  }
}

void append(std::string& bytes, std::string_view content) {
  append(bytes, static_cast<uint32_t>(content.size()));
  bytes += content;
  bytes.append(padded(content.size()) - content.size(), '\0');
}

uint32_t Reader::next() {
  if (bytes_.size() < kWord) {
    short_ = true;
    return 0;
  }
  uint32_t word = 0;
  for (const char byte : bytes_.substr(0, kWord)) {
    word = word << 8 | static_cast<unsigned char>(byte);
  }
  bytes_.remove_prefix(kWord);
  return word;
}

void Reader::skip(uint32_t size) {
  if (bytes_.size() < padded(size)) short_ = true;
  bytes_.remove_prefix(std::min(padded(size), bytes_.size()));
}

}  // namespace sn::net::xdr
