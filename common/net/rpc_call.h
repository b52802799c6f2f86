// ONC RPC version 2 over TCP, as far as questions of ours need it: one call, one reply.
//
// RFC 5531: messages in section 9, record marking in section 11, AUTH_SYS in appendix A. NFS is
// program 100003 (RFC 1813 for version 3, RFC 8881 for version 4). Pure; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sn::net {

inline constexpr uint32_t kNfsProgram = 100003;
// The longest reply to a call of ours: to NULL a verifier of 400 bytes (RFC 5531, section 8.2) and
// 36 more, to MOUNT's MNT a handle of 64 and a list of security flavors.
inline constexpr size_t kMaxRpcReply = 1'024;
// A reply of 24 bytes needs one; more are lawful, but each costs the sender a header.
inline constexpr size_t kMaxRpcFragments = 16;

struct RpcCall {
  uint32_t program = 0;
  uint32_t version = 0;
  uint32_t procedure = 0;
  std::string arguments = {};  // XDR
  bool as_root = false;        // AUTH_SYS of uid 0 and gid 0, instead of AUTH_NONE
};

// With its record mark, ready to be sent.
[[nodiscard]] std::string encode_call(uint32_t xid, const RpcCall& call);
// Procedure 0, which every program has and which does nothing.
[[nodiscard]] std::string encode_null_call(uint32_t xid, uint32_t program, uint32_t version);

struct RpcReply {
  // Empty: success. Else what the server objects to ("does not serve this version, only 3 to 3"):
  // also an objection is an answer of a living server.
  std::string objection;
  std::string results;  // XDR, of a success
  bool operator==(const RpcReply&) const = default;
};

// Collects one reply from a byte stream that may come in any pieces.
class RpcReplyReader {
 public:
  explicit RpcReplyReader(uint32_t xid) : xid_(xid) {}

  // Takes the next bytes. nullopt: the reply is not complete yet. An error, class corrupt: this is
  // no RPC reply, or one to somebody else's call. Nothing is to be given to it after an answer or
  // an error.
  [[nodiscard]] Result<std::optional<RpcReply>> take(std::string_view bytes);

 private:
  [[nodiscard]] Result<std::optional<RpcReply>> record_complete() const;

  uint32_t xid_;
  std::string header_;  // of the fragment that comes now: up to 4 bytes
  size_t left_ = 0;     // of this fragment
  bool last_ = false;   // it is the record's last
  size_t fragments_ = 0;
  std::string record_;  // the fragments' content so far
};

}  // namespace sn::net
