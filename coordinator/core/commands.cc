#include "coordinator/core/commands.h"

#include "common/model/node_list.h"

namespace sn::coordinator {

std::string options_of(const TakeoverCommand& command) {
  std::string text;
  if (!command.to.empty()) text += " --to " + command.to;
  if (!command.nodes.empty()) text += " --nodes " + fold_node_list(command.nodes);
  if (!command.without.empty()) text += " --without " + fold_node_list(command.without);
  if (command.planned) text += " --planned";
  if (command.fenced) text += " --fenced";
  if (command.force) text += " --force";
  if (command.strict) text += " --strict";
  if (command.stuck != StuckPolicy::keep) {
    text += " --stuck=" + std::string(to_string(command.stuck));
  }
  return text;
}

std::string command_line(const TakeoverCommand& command) {
  return (command.undoes == 0 ? "snctl takeover " + command.from
                              : "snctl failback T" + std::to_string(command.undoes)) +
         options_of(command);
}

}  // namespace sn::coordinator
