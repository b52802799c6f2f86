// Who asked what of the coordinator, and what came of it: one line a request, also of those that
// are refused. The daemon writes it into its log (SN0930).
#pragma once

#include <string>
#include <string_view>

#include "coordinator/control/peer.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

// `who`: description_of(). `request`: as it came; cut, and what a terminal would obey is '?'.
[[nodiscard]] std::string audit_line(std::string_view who, std::string_view request,
                                     std::string_view outcome);

// "anna (1000) by /usr/bin/snctl": the program is that of the process which connected, as it is
// now; where the kernel does not tell it (no CAP_SYS_PTRACE, as under our unit): "pid 123, snctl",
// by the name that the process has given itself.
[[nodiscard]] std::string description_of(const Peer& peer);

// "refused: ...", "exit 4", or "done".
[[nodiscard]] std::string outcome_of(const Answer& answer);

}  // namespace sn::coordinator
