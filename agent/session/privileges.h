// Giving up root, for good.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
};
// From /etc/passwd, while files may still be opened.
[[nodiscard]] Result<UserIds> find_user(const std::string& name);
// For good: no way back to root, no new privileges through exec.
[[nodiscard]] Status become(const UserIds& ids);

}  // namespace sn::agent
