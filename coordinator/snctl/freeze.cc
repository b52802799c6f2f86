// snctl freeze, snctl thaw: stop and resume everything that changes a node. Durable.
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int freeze(const Terminal& terminal, bool frozen) {
  return ask_once<DoneAnswer>(
      terminal, FreezeCommand{frozen, ""}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
