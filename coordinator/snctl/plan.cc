// snctl plan SN1P: what a takeover would do, group by group. Changes nothing.
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int plan(const Terminal& terminal, TakeoverCommand command, const std::string& group) {
  command.dry_run = true;
  return ask_once<PlanAnswer>(terminal, command, kAnswer_ms,
                              [&](const Line& line, const PlanAnswer& answer) {
                                const std::string screen = plan_screen(answer, group, true);
                                if (!screen.empty() || terminal.json)
                                  return finish(terminal, line, screen, 0);
                                print_error("snctl: the plan has no group " + group +
                                            " (cure: snctl plan " + answer.from + ")\n");
                                return kRefused;
                              });
}

}  // namespace sn::coordinator
