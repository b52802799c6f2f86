// snctl show T17: one takeover as it stands, all of it or one node's part.
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

int show(const Terminal& terminal, const ShowOptions& options) {
  const bool brief = options.node.empty() && !options.nodes && !options.mentions && !terminal.json;
  return ask_once<TakeoverAnswer>(
      terminal, ShowCommand{options.takeover, brief}, kAnswer_ms,
      [&](const Line& line, const TakeoverAnswer& answer) {
        std::string screen;
        if (!options.node.empty()) {
          screen = takeover_node_screen(answer.takeover, options.node);
          if (screen.empty()) {
            print_error("snctl: " + options.node + " had no part in " + options.takeover +
                        " (cure: snctl show " + options.takeover + " --nodes)\n");
            return kRefused;
          }
        } else if (options.nodes) {
          screen =
              takeover_header(summary_of(answer.takeover)) + takeover_nodes_screen(answer.takeover);
        } else if (options.mentions) {
          screen = mentions_screen(answer.takeover);
        } else {
          screen = takeover_header(summary_of(answer.takeover)) + takeover_screen(answer);
        }
        return finish(terminal, line, screen, 0);
      });
}

}  // namespace sn::coordinator
