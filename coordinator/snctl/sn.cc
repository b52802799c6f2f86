// snctl sn clear SN: the service node is well again.
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int clear_service_node(const Terminal& terminal, const std::string& name) {
  return ask_once<DoneAnswer>(
      terminal, ClearServiceNodeCommand{name, ""}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
