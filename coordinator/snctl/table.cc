// snctl table mend: a table whose order numbers are beyond any that a node obeys gets new ones.
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int mend_table(const Terminal& terminal) {
  return ask_once<DoneAnswer>(
      terminal, MendTableCommand{""}, kAnswer_ms,
      [&](const Line& line, const DoneAnswer&) { return finish(terminal, line, "", 0); });
}

}  // namespace sn::coordinator
