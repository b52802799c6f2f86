// Whatever bytes come in: a value or an error, and a value encodes to what decodes to the same
// value.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/wire/codec.h"

using namespace sn::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto message = decode(bytes)) {
    const auto again = decode(encode(*message));
    if (!again || !(*again == *message)) std::abort();
  }
  if (const auto message = decode_local(bytes)) {
    if (!decode_local(encode_local(*message))) std::abort();
  }
  if (const auto outcome = decode_outcome(bytes)) {
    const auto again = decode_outcome(encode_outcome(*outcome));
    if (!again || !(*again == *outcome)) std::abort();
  }
  return 0;
}
