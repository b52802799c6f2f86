// snctl history: every takeover, newest first.
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int history(const Terminal& terminal) {
  return ask_once<HistoryAnswer>(terminal, HistoryCommand{}, kAnswer_ms,
                                 [&](const Line& line, const HistoryAnswer& answer) {
                                   return finish(terminal, line, history_screen(answer), 0);
                                 });
}

}  // namespace sn::coordinator
