// snctl clear NODE: what kept it in quarantine is mended; it looks again.
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int clear_node(const Terminal& terminal, const std::string& node) {
  return ask_once<DoneAnswer>(
      terminal, ClearNodeCommand{node, ""}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
