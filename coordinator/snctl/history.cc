// snctl history: every takeover, newest first.
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int history(const Terminal& terminal) {
  return ask_once<HistoryView>(terminal, HistoryCommand{}, kAnswer_ms,
                               [&](const Line& line, const HistoryView& view) {
                                 return finish(terminal, line, history_screen(view), 0);
                               });
}

}  // namespace sn::coordinator
