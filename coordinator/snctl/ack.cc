// snctl ack cn003: its drift is meant so.
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int acknowledge(const Terminal& terminal, const std::vector<std::string>& nodes) {
  return ask_once<DoneAnswer>(
      terminal, AckCommand{nodes, ""}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
