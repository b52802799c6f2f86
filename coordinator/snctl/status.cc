// snctl status [NODE|SN]: who is not fine, why, and what to type.
#include <algorithm>

#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

// What concerns one node or service node, for --json.
StatusAnswer narrowed(StatusAnswer status, const std::string& name) {
  std::erase_if(status.service_nodes,
                [&](const ServiceNodeStatus& sn) { return sn.record.name != name; });
  std::erase_if(status.nodes, [&](const NodeStatus& node) {
    return node.node != name && node.on != name && node.service_node != name;
  });
  return status;
}

}  // namespace

int status(const Terminal& terminal, const std::string& name) {
  return ask_once<StatusAnswer>(
      terminal, StatusCommand{}, kAnswer_ms, [&](const Line& line, const StatusAnswer& answer) {
        if (name.empty()) return finish(terminal, line, status_screen(answer), 0);
        const std::string screen = status_of_screen(answer, name);
        if (screen.empty()) {
          print_error("snctl: nothing is called " + name + " (cure: snctl status lists them)\n");
          return 1;
        }
        Line one = line;
        one.json = answer_to_json(narrowed(answer, name), true);
        return finish(terminal, one, screen, 0);
      });
}

}  // namespace sn::coordinator
