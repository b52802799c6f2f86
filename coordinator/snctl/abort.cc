// snctl abort T17: nobody else is told.
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int abort_takeover(const Terminal& terminal, const std::string& takeover) {
  return ask_once<DoneAnswer>(
      terminal, AbortCommand{takeover, ""}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
