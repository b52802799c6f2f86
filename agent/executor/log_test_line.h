// One line into the node's own log, so that whoever looks at the new log host sees that it arrives.
#pragma once

#include <string>

#include "common/base/error.h"

namespace sn::agent {

// Through /dev/log, as programs log (syslog(3)), with a stable id:
// "SN0313 T17 cn042 the log goes to SN2P: a test line". A daemon that was restarted just now may
// not listen yet: tried for a short time. What becomes of it behind /dev/log can't be seen from
// here. timed_out: nobody takes it.
[[nodiscard]] Status send_log_test_line(const std::string& takeover, const std::string& to);

}  // namespace sn::agent
