// snctl watch [T17]: every event as it happens, or one takeover to its end.
//
// What is not asked for is left out here: the coordinator says everything to everybody who watches.
#include <algorithm>
#include <cstdio>

#include "coordinator/core/names.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

bool is_wanted(const Event& event, const WatchOptions& options) {
  const auto asked = takeover_number(options.of_takeover);
  if (asked && event.takeover != takeover_id(*asked)) return false;
  return options.nodes.empty() || contains(options.nodes, event.node);
}

// One that is still to come may be waited for; a mistyped one would be for ever, so that is said.
void say_if_unknown(const Terminal& terminal, const std::string& takeover) {
  auto client = Client::connect(terminal.socket);
  if (!client || !client->ask(ShowCommand{takeover, true})) return;  // said by the watch itself
  const auto line = client->next(kAnswer_ms);
  if (!line || !*line || !std::holds_alternative<RefusalAnswer>((*line)->answer.value)) return;
  print_error("snctl: there is no " + takeover +
              " yet; waiting for it (those there are: snctl history)\n");
}

// Nothing would ever come of a node that nobody knows. 0: each is known; else it was said.
int look_up(const Terminal& terminal, const WatchOptions& options) {
  if (!options.of_takeover.empty()) say_if_unknown(terminal, options.of_takeover);
  if (options.nodes.empty()) return 0;
  return ask_once<StatusAnswer>(
      terminal, StatusCommand{}, kAnswer_ms, [&](const Line& /*line*/, const StatusAnswer& status) {
        for (const auto& name : options.nodes) {
          const bool known = std::any_of(status.nodes.begin(), status.nodes.end(),
                                         [&](const NodeStatus& node) { return node.node == name; });
          if (known) continue;
          print_error("snctl: no node '" + name + "' (cure: snctl status)\n");
          return kRefused;
        }
        return 0;
      });
}

int watch_events(const Terminal& terminal, const WatchOptions& options, Client& client) {
  while (true) {
    const auto line = client.next(0);
    if (!line) return report(line.error());
    if (!*line) return 0;  // Ctrl-C is how one stops watching
    const auto* event = std::get_if<Event>(&(*line)->answer.value);
    if (event == nullptr) return finish(terminal, **line, "", 1);
    if (!is_wanted(*event, options)) continue;
    if (terminal.json) {
      std::printf("%s\n", (*line)->json.c_str());
      std::fflush(stdout);
    } else {
      print(event_line(*event));
    }
  }
}

}  // namespace

int watch(const Terminal& terminal, const WatchOptions& options) {
  const std::string& takeover = options.takeover;
  catch_interrupt();
  if (const int code = look_up(terminal, options); code != 0) return code;
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(WatchCommand{takeover, !terminal.json}); !asked) {
    return report(asked.error());
  }
  return takeover.empty() ? watch_events(terminal, options, *client) : follow(terminal, *client, 0);
}

}  // namespace sn::coordinator
