#include "coordinator/core/commands.h"

#include <type_traits>

#include "common/facts/text.h"
#include "common/model/node_list.h"

namespace sn::coordinator {

namespace {

template <class C>
inline constexpr bool kReads =
    std::is_same_v<C, StatusCommand> || std::is_same_v<C, HistoryCommand> ||
    std::is_same_v<C, ShowCommand> || std::is_same_v<C, WatchCommand> ||
    std::is_same_v<C, ListKeysCommand> || std::is_same_v<C, ListPendingKeysCommand>;

}  // namespace

bool only_reads(const Command& command) {
  return std::visit([]<class C>(const C&) { return kReads<C>; }, command);
}

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
