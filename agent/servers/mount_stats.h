// What the kernel's NFS client knows of itself: /proc/self/mountstats (Linux, fs/nfs/super.c
// nfs_show_stats, net/sunrpc/stats.c, net/sunrpc/xprtsock.c xs_tcp_print_stats and
// xs_udp_print_stats, net/sunrpc/xprtrdma/transport.c; statvers 1.0 and 1.1). Pure.
//
// A ping tells whether a server answers; this tells whether this node's own requests are answered,
// also when the server is well and only the export's disks hang. Reading it never blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace sn::agent {

// A node with hundreds of mounts: some 6 KiB each. What is beyond is not looked at.
inline constexpr size_t kMaxMountStats = 2 * 1024 * 1024;
inline constexpr size_t kMaxStatMounts = 512;
// nconnect is 16 at most.
inline constexpr size_t kMaxTransports = 16;

// One connection of a mount over TCP or RDMA, or its UDP socket; mounts of the same server may
// share it.
struct TransportStats {
  uint64_t sends = 0;     // requests, those sent again counted again
  uint64_t receives = 0;  // replies to requests of ours
  uint64_t bad_xids = 0;  // replies to nothing we asked
  uint64_t backlog = 0;   // requests that waited for a slot, summed over all sends
  bool operator==(const TransportStats&) const = default;
};

struct MountStats {
  std::string device;       // "nfsha:/export/root"
  std::string mount_point;  // "/"
  std::string type;         // "nfs", "nfs4"
  uint64_t age_s = 0;
  std::vector<TransportStats> transports;
  uint64_t timeouts = 0;  // of all operations: a major time-out each
  bool operator==(const MountStats&) const = default;
};

// The NFS mounts of such a text; lines of a form that is not known are passed over, and so is the
// rest of a mount that is cut short.
[[nodiscard]] std::vector<MountStats> parse_mount_stats(std::string_view text);

// What two readings show of one mount.
struct Unanswered {
  std::string mount_point;
  uint64_t sends = 0;     // without a reply, of requests and of their repetitions
  int64_t for_ms = 0;     // at least; 0: `sends` is 0
  uint64_t timeouts = 0;  // of requests that ended since the reading before
};
// "3 sends without a reply for 31 s, 2 time-outs"
[[nodiscard]] std::string to_text(const Unanswered& unanswered);

// Compares each reading with those before. One alone tells nothing: a request that was sent twice
// counts twice and is answered once, for ever after. Therefore only sends since the last reply
// count, and only when a second reading still shows them.
class UnansweredRequests {
 public:
  // The mounts of which there is something to say.
  [[nodiscard]] std::vector<Unanswered> take(const std::vector<MountStats>& reading,
                                             MonotonicTime now);

 private:
  struct Connection {
    TransportStats last;
    uint64_t explained = 0;  // sends without a reply at the last reading with a new reply
    std::optional<MonotonicTime> waiting;  // the first reading that showed more of them
  };
  struct Mount {
    std::string mount_point;
    std::string device;
    uint64_t timeouts = 0;
    std::vector<Connection> connections;
  };
  // What is new of a connection of which the reading before is known.
  static void compare(Connection& connection, const Connection& before, MonotonicTime now,
                      Unanswered& sum);
  std::vector<Mount> mounts_;
};

}  // namespace sn::agent
