// One line a fact, with a stable id, to standard error: the service manager keeps it. Never blocks
// and never waits: a syslog daemon whose target died can block /dev/log, so it is not used.
#pragma once

#include <string_view>

namespace sn::agent {

// Sets standard error non-blocking if it is a pipe or socket of our own. Call once at start.
void prepare_log();
void log_line(std::string_view id, std::string_view text);

}  // namespace sn::agent
