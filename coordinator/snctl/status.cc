// snctl status [NODE|SN]: who is not fine, why, and what to type.
#include <algorithm>

#include "common/base/nearest.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

std::vector<std::string> names_of(const StatusAnswer& status) {
  std::vector<std::string> names;
  for (const auto& sn : status.service_nodes) names.push_back(sn.record.name);
  for (const auto& node : status.nodes) names.push_back(node.node);
  return names;
}

std::string meant(const std::string& name) {
  return name.empty() ? "" : ", did you mean " + name + "?";
}

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

int status(const Terminal& terminal, const std::string& name, bool check) {
  return ask_once<StatusAnswer>(
      terminal, StatusCommand{.brief = name.empty() && !terminal.json}, kAnswer_ms,
      [&](const Line& line, const StatusAnswer& answer) {
        const auto code = [&](const StatusAnswer& shown) {
          return check && !all_fine(shown) ? kNotFine : 0;
        };
        if (name.empty()) return finish(terminal, line, status_screen(answer), code(answer));
        const std::string screen = status_of_screen(answer, name);
        if (screen.empty()) {
          print_error("snctl: no node or service node '" + name + "'" +
                      meant(nearest(name, names_of(answer))) + " (cure: snctl status)\n");
          return kRefused;
        }
        const StatusAnswer narrow = narrowed(answer, name);
        Line one = line;
        one.json = answer_to_json(narrow, true);
        return finish(terminal, one, screen, code(narrow));
      });
}

}  // namespace sn::coordinator
