// The CRC-32 of IEEE 802.3, as zlib and gzip have it: tells what was kept from what is left of it.
// No protection against an adversary.
#pragma once

#include <cstdint>
#include <string_view>

namespace sn {

[[nodiscard]] uint32_t crc32(std::string_view bytes);

}  // namespace sn
