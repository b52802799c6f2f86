// Messages of more than one frame. No frame between agent and coordinator is larger than
// kMaxFrameBytes, so that what libzmq keeps for a connection is small before anybody is known: its
// limit is one for a socket. A larger message goes as parts, one frame each and one after the
// other (common/PROTOCOL.md section 1):
//
//   0xc1, number of the message, part (from 1), parts, a slice of the message
//
// 0xc1 begins no MessagePack. A message that is interrupted by another one is lost, as one whose
// connection ended is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/wire/pack.h"

namespace sn::wire {

// The limit of the sockets. libzmq compares it with what is on the wire, where CURVE has added
// 33 bytes (RFC 26: command, nonce, flags, authentication).
inline constexpr size_t kMaxOnWireBytes = 64 * 1024;
inline constexpr size_t kMaxFrameBytes = kMaxOnWireBytes - 64;
// In which order the frames of a message are sent is all that a transport has to keep.
inline constexpr size_t kPartHead = 4;
inline constexpr size_t kMaxParts =
    (kMaxMessageBytes + kMaxFrameBytes - kPartHead - 1) / (kMaxFrameBytes - kPartHead);

// The frames of a message, which is lawful (at most kMaxMessageBytes). `number`: another one than
// the message before had on this connection.
[[nodiscard]] std::vector<std::string> frames_of(std::string message, uint8_t number);

[[nodiscard]] inline bool is_part(std::string_view frame) {
  return !frame.empty() && static_cast<unsigned char>(frame.front()) == 0xc1;
}

// What came of one message of one connection.
class Assembly {
 public:
  // The whole message, once it is there. corrupt: no part of ours, or not the next one; what was
  // there is gone. A first part begins a new message, whatever was there.
  [[nodiscard]] Result<std::optional<std::string>> add(std::string_view frame);
  [[nodiscard]] size_t bytes() const { return bytes_.size(); }

 private:
  uint8_t number_ = 0;
  uint8_t parts_ = 0;
  uint8_t next_ = 1;
  std::string bytes_;
};

}  // namespace sn::wire
