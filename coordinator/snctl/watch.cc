// snctl watch [T17]: every event as it happens, or one takeover to its end.
#include <cstdio>

#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/verbs.h"

namespace sn::coordinator {

namespace {

int watch_events(const Terminal& terminal, Client& client) {
  while (true) {
    const auto line = client.next(0);
    if (!line) return report(line.error());
    if (!*line) return 0;  // Ctrl-C is how one stops watching
    const auto* event = std::get_if<Event>(&(*line)->answer.value);
    if (event == nullptr) return finish(terminal, **line, "", 1);
    if (terminal.json) {
      std::printf("%s\n", (*line)->json.c_str());
      std::fflush(stdout);
    } else {
      print(event_line(*event));
    }
  }
}

}  // namespace

int watch(const Terminal& terminal, const std::string& takeover) {
  catch_interrupt();
  auto client = Client::connect(terminal.socket);
  if (!client) return report(client.error());
  if (const Status asked = client->ask(WatchCommand{takeover}); !asked) {
    return report(asked.error());
  }
  return takeover.empty() ? watch_events(terminal, *client) : follow(terminal, *client, 0);
}

}  // namespace sn::coordinator
