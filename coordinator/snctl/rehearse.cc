// snctl rehearse SN1P: the nodes prepare everything they would do, and take it away again. What
// only that finds (a missing export, no space, a read-only place) is in the plan that is shown.
#include <algorithm>

#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

// As a takeover would end: 4 with blocked or partly nodes, 5 with some that could not be asked.
int exit_code_of(const PlanAnswer& plan) {
  const auto any = [&](Outlook outlook) {
    return std::any_of(plan.groups.begin(), plan.groups.end(),
                       [&](const PlanGroup& group) { return group.outlook == outlook; });
  };
  if (any(Outlook::blocked) || any(Outlook::partly)) return 4;
  return any(Outlook::down) || any(Outlook::silent) ? 5 : 0;
}

}  // namespace

int rehearse(const Terminal& terminal, TakeoverCommand command, const std::string& group) {
  command.dry_run = command.rehearse = true;
  return ask_once<PlanAnswer>(
      terminal, command, kAnswer_ms, [&](const Line& line, const PlanAnswer& answer) {
        return finish(terminal, line, plan_screen(answer, group, true), exit_code_of(answer));
      });
}

}  // namespace sn::coordinator
