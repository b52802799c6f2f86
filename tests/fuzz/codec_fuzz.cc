// Whatever bytes come in from whichever side: a value or an error, and a value encodes to what
// decodes to the same value.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/wire/codec.h"
#include "common/wire/parts.h"

using namespace sn::wire;

namespace {

template <class Message>
void round_trip(std::string_view bytes) {
  const auto message = decode<Message>(bytes);
  if (!message) return;
  const std::string once = encode(*message);
  const auto again = decode<Message>(once);
  if (!again || encode(*again) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  round_trip<ToCoordinator>(bytes);
  round_trip<ToAgent>(bytes);
  round_trip<Verb>(bytes);
  round_trip<ToSession>(bytes);
  round_trip<FromChild>(bytes);
  // As frames of half the size, one after the other.
  Assembly assembly;
  for (const auto frame : {bytes.substr(0, size / 2), bytes.substr(size / 2)}) {
    (void)assembly.add(frame);
    if (assembly.bytes() > kMaxMessageBytes) std::abort();
  }
  if (const auto outcome = decode_outcome(bytes)) {
    const auto again = decode_outcome(encode_outcome(*outcome));
    if (!again || !(*again == *outcome)) std::abort();
  }
  return 0;
}
