// Users and groups without the name service switch: only the local files, which no dead LDAP or NIS
// server can hold up.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/base/error.h"

namespace sn::coordinator {

// A name from /etc/group, or a number.
[[nodiscard]] Result<gid_t> find_group(const std::string& name);
// From /etc/passwd; "uid 1000" if it is not there.
[[nodiscard]] std::string user_name(uid_t uid);

struct Peer {
  pid_t pid = 0;  // that connected; another process may have its number by now
  uid_t uid = 0;
  std::vector<gid_t> groups;  // with the primary one
};
// Who is at the other end of a UNIX socket, as the kernel knows.
[[nodiscard]] Result<Peer> peer_of(int fd);

}  // namespace sn::coordinator
