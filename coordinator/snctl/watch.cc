// snctl watch [T17]: every event as it happens, or one takeover to its end.
//
// What is not asked for is left out here: the coordinator says everything to everybody who watches.
#include <cstdio>

#include "coordinator/core/events.h"
#include "coordinator/core/names.h"
#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

bool is_wanted(const Event& event, const WatchOptions& options, bool all_changes) {
  const auto asked = takeover_number(options.of_takeover);
  if (asked && event.takeover != takeover_id(*asked)) return false;
  if (!options.nodes.empty() && !contains(options.nodes, event.node)) return false;
  return all_changes || event.id != event::kNodeChanged.id;
}

int watch_events(const Terminal& terminal, const WatchOptions& options, Client& client) {
  while (true) {
    const auto line = client.next(0);
    if (!line) return report(line.error());
    if (!*line) return 0;  // Ctrl-C is how one stops watching
    const auto* event = std::get_if<Event>(&(*line)->answer.value);
    if (event == nullptr) return finish(terminal, **line, "", 1);
    if (!is_wanted(*event, options, options.changes || terminal.json)) continue;
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
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(WatchCommand{takeover}); !asked) {
    return report(asked.error());
  }
  return takeover.empty() ? watch_events(terminal, options, *client) : follow(terminal, *client, 0);
}

}  // namespace sn::coordinator
