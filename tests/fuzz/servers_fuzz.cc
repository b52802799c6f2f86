// What a server or the kernel sends about NFS: replies to RPC NULL and /proc/self/mountstats.
//
// The first byte chooses which, and into what pieces a reply is cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/servers/mount_stats.h"
#include "common/net/rpc_call.h"

namespace {

constexpr uint32_t kXid = 7;

// However it is cut: the same answer, as long as nothing follows it.
void reply(std::string_view bytes, size_t piece) {
  sn::net::RpcReplyReader whole(kXid), pieces(kXid);
  const auto at_once = whole.take(bytes);
  while (!bytes.empty()) {
    const auto part = pieces.take(bytes.substr(0, piece));
    if (!part) {
      if (at_once) std::abort();
      return;
    }
    if (*part) {
      if (at_once && *at_once != *part) std::abort();
      return;
    }
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (!at_once || *at_once) std::abort();
}

// Two readings: the text, and the text without its second half.
void mount_stats(std::string_view text) {
  const auto later = sn::agent::parse_mount_stats(text);
  const auto earlier = sn::agent::parse_mount_stats(text.substr(0, text.size() / 2));
  if (later.size() > sn::agent::kMaxStatMounts || earlier.size() > later.size()) std::abort();
  sn::agent::UnansweredRequests requests;
  int64_t now = 0;
  for (const auto* reading : {&earlier, &later, &earlier, &later, &later}) {
    now += 30'000;
    for (const auto& found : requests.take(*reading, {now})) {
      if (to_text(found).empty() || found.for_ms > now) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    reply(bytes, data[0] / 2 + 1);
  } else {
    mount_stats(bytes);
  }
  return 0;
}
