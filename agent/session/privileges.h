// Giving up root, for good. Before the first thread: what it gives up every thread then lacks.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
};
// From /etc/passwd itself, while files may still be opened: no library of the image is asked.
// denied: it is root, or nobody, whose processes are other services' too.
[[nodiscard]] Result<UserIds> find_user(const std::string& name);
// No way back to root: no capability is left, not even to give away, and none is to be had by exec.
// Nobody but root looks into the process.
[[nodiscard]] Status become(const UserIds& ids);

}  // namespace sn::agent
