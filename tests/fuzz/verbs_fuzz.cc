// What a session that somebody has taken says to its executor: any verbs, one after the other, and
// orders that nobody signed. Whatever they are, the fence stays where it was.
//
// Two bytes are the length of the next verb.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/core/executor_core.h"
#include "common/orders/order_key.h"
#include "common/wire/codec.h"

namespace {

using namespace sn;

std::string_view take_piece(std::string_view& bytes) {
  const size_t length =
      static_cast<unsigned char>(bytes[0]) * size_t{256} + static_cast<unsigned char>(bytes[1]);
  const std::string_view piece = bytes.substr(2, length);
  bytes.remove_prefix(std::min(bytes.size(), 2 + length));
  return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const orders::OrderKey kKey(*net::CurveKeys::generate());
  agent::ExecutorConfig config;
  config.node = "cn001";
  config.act = true;
  config.order_keys = {kKey.public_key()};
  agent::ExecutorCore core(config);
  MonotonicTime now{1'000};
  (void)core.start({}, {"directory", {"SN1P", "SN2P"}}, now);
  (void)core.on_session_started(now);
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  while (bytes.size() > 2) {
    const auto verb = wire::decode<wire::Verb>(take_piece(bytes));
    if (!verb) continue;
    (void)core.on_verb(*verb, now);
    now = now + 1;
    (void)core.tick(now);
    if (core.fence().generation != 0 || core.fence().epoch != 0) std::abort();
    if (core.job() != nullptr && core.job()->kind == agent::Job::Kind::rebind) std::abort();
  }
  return 0;
}
