// A line of whoever reaches the control socket, and one of a coordinator that snctl reads: a
// command that is understood says the same again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "coordinator/control/json/json.h"

using namespace sn::coordinator;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto command = command_from_json(line, "root")) {
    const std::string once = command_to_json(*command);
    const auto again = command_from_json(once, "root");
    if (!again || command_to_json(*again) != once) std::abort();
  }
  if (const auto answer = answer_from_json(line)) {
    const std::string once = answer_to_json(answer->value, answer->last);
    if (!answer_from_json(once)) std::abort();
  }
  return 0;
}
