// The groups that sncoordd.toml opens its sockets to, and how a socket is opened to them: by an
// access control list (acl(5)), since a file has only one group of its own, and since its owner may
// write one without being a member of any.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/error.h"

namespace sn::coordinator {

struct Groups {
  std::optional<gid_t> acting;   // may have done whatever snctl can ask for, and read the feed
  std::optional<gid_t> reading;  // may look (only_reads), and read the feed
};

// Names or numbers; "": none. not_found: /etc/group has none of that name.
[[nodiscard]] Result<Groups> find_groups(const std::string& acting, const std::string& reading);

// `path` is ours. Afterwards its owner and these groups may use it, and nobody else.
[[nodiscard]] Status open_socket_to(const Groups& groups, const std::string& path);
[[nodiscard]] Status open_folder_to(const Groups& groups, const std::string& path);

}  // namespace sn::coordinator
