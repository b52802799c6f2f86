#include "common/wire/parts.h"

#include <utility>

namespace sn::wire {

namespace {

constexpr char kMark = static_cast<char>(0xc1);
constexpr size_t kSlice = kMaxFrameBytes - kPartHead;
static_assert(kMaxParts <= 255, "a part's number is one byte");

uint8_t byte_at(std::string_view frame, size_t place) { return static_cast<uint8_t>(frame[place]); }

}  // namespace

std::vector<std::string> frames_of(std::string message, uint8_t number) {
  std::vector<std::string> frames;
  if (message.size() <= kMaxFrameBytes) {
    frames.push_back(std::move(message));
    return frames;
  }
  const size_t parts = (message.size() + kSlice - 1) / kSlice;
  frames.reserve(parts);
  for (size_t part = 0; part < parts; ++part) {
    std::string& frame = frames.emplace_back();
    frame.reserve(kMaxFrameBytes);
    frame += kMark;
    frame += static_cast<char>(number);
    frame += static_cast<char>(part + 1);
    frame += static_cast<char>(parts);
    frame.append(message, part * kSlice, kSlice);
  }
  return frames;
}

Result<std::optional<std::string>> Assembly::add(std::string_view frame) {
  const auto refuse = [&](const char* why) {
    *this = Assembly();
    return fail(ErrorClass::corrupt, "receiving", "a part of a message", why);
  };
  if (!is_part(frame) || frame.size() <= kPartHead) return refuse("it is none");
  const uint8_t number = byte_at(frame, 1), part = byte_at(frame, 2), parts = byte_at(frame, 3);
  if (parts < 2 || parts > kMaxParts || part > parts) return refuse("there is no such part");
  if (part == 1) {
    *this = Assembly();
    number_ = number;
    parts_ = parts;
  }
  if (part != next_ || number != number_ || parts != parts_)
    return refuse("it is not the next one");
  // All but the last are full, so that nobody gains by many small ones.
  const bool last = part == parts;
  if (!last && frame.size() != kMaxFrameBytes) return refuse("it is not full");
  bytes_.append(frame.substr(kPartHead));
  ++next_;
  if (bytes_.size() > kMaxMessageBytes) return refuse("the message is too large");
  if (!last) return std::nullopt;
  return std::exchange(*this, Assembly()).bytes_;
}

}  // namespace sn::wire
