// Does an NFS server export a path to this node? The calls that a mount begins with, and what their
// answers are worth: nothing is mounted. Pure.
//
// Version 3: the port mapper's GETPORT (RFC 1833, section 3.2), then MOUNT's MNT and UMNT (RFC
// 1813, section 5.2). Version 4: a COMPOUND of PUTROOTFH and a LOOKUP a component (RFC 7530,
// sections 15.2 and 16.15), minor version 0, which needs no session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/rpc_call.h"

namespace sn::agent {

inline constexpr uint16_t kPortmapPort = 111;

// Where the server's mount daemon listens by TCP.
[[nodiscard]] net::RpcCall mount_daemon_call();
// 0: nowhere.
[[nodiscard]] uint16_t mount_daemon_port(std::string_view results);

// "/install", absolute.
[[nodiscard]] net::RpcCall export_call(std::string_view path);
// The server forgets that it was asked.
[[nodiscard]] net::RpcCall export_forget_call(std::string_view path);
[[nodiscard]] net::RpcCall lookup_call(std::string_view path);

enum class Exported : uint8_t {
  unknown,  // no answer, or one that says nothing of it: another flavor or version is wanted
  yes,
  no_such_path,  // neither there nor a directory
  not_to_us,     // access is denied
};
[[nodiscard]] Exported export_answer(std::string_view results);
[[nodiscard]] Exported lookup_answer(std::string_view results);

}  // namespace sn::agent
