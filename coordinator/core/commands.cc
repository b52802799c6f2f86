#include "coordinator/core/commands.h"

#include "common/facts/text.h"
#include "common/model/node_list.h"

namespace sn::coordinator {

std::string options_of(const TakeoverCommand& command) {
  std::string text;
  if (!command.to.empty()) text += " --to " + command.to;
  if (!command.nodes.empty()) text += " --nodes " + shell_word(fold_node_list(command.nodes));
  if (!command.without.empty()) {
    text += " --without " + shell_word(fold_node_list(command.without));
  }
  if (command.rest) text += " --rest";
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
  std::string text = "snctl takeover " + command.from;
  if (command.undoes != 0) text = "snctl failback " + takeover_id(command.undoes);
  if (!command.back_to.empty()) text = "snctl failback " + command.back_to;
  return text + options_of(command);
}

}  // namespace sn::coordinator
