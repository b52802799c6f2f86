// What whoever reaches the enrolment port sends, and what answers a node that knocks: frames as
// they come, and what is sealed in them by somebody who has a key.
//
// The first byte chooses which.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/enrolment/knock_frames.h"
#include "common/net/sealed.h"
#include "common/wire/codec.h"

namespace {

using namespace sn;
using namespace sn::enrolment;

struct Fixture {
  net::CurveKeys node = *net::CurveKeys::generate();
  net::CurveKeys coordinator = *net::CurveKeys::generate();
};

void frames(std::string_view bytes, const Fixture& with) {
  (void)challenge_of(bytes);
  (void)open_knock(bytes, with.coordinator);
  (void)open_answer(bytes, with.node, with.coordinator.public_key());
  const auto size = whole_frame(bytes);
  if (size && *size <= bytes.size() && body_of(bytes.substr(0, *size)).size() > *size) {
    std::abort();
  }
}

// A knock that is understood says the same again.
void contents(std::string_view plain) {
  if (const auto knock = wire::decode<wire::Knock>(plain)) {
    const auto again = wire::decode<wire::Knock>(wire::encode(*knock));
    if (!again || !(*again == *knock)) std::abort();
  }
  if (const auto answer = wire::decode<wire::KnockAnswer>(plain)) {
    const auto again = wire::decode<wire::KnockAnswer>(wire::encode(*answer));
    if (!again || wire::encode(*again) != wire::encode(*answer)) std::abort();
  }
}

void sealed(std::string_view plain, const Fixture& with) {
  const std::string answer = net::seal(plain, with.coordinator, with.node.public_key());
  (void)open_answer(answer, with.node, with.coordinator.public_key());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Fixture kFixture;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      frames(bytes, kFixture);
      break;
    case 1:
      contents(bytes);
      break;
    default:
      sealed(bytes, kFixture);
  }
  return 0;
}
