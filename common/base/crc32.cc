#include "common/base/crc32.h"

namespace sn {

uint32_t crc32(std::string_view bytes) {
  // Half a byte at a time: a table of 16 is enough for records of some hundred bytes.
  static constexpr uint32_t kOfHalfByte[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                               0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                               0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                               0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t value = 0xffffffff;
  for (const char c : bytes) {
    value ^= static_cast<unsigned char>(c);
    value = (value >> 4) ^ kOfHalfByte[value & 15];
    value = (value >> 4) ^ kOfHalfByte[value & 15];
  }
  return ~value;
}

}  // namespace sn
