#include "agent/executor/script_watch.h"

#include <poll.h>

#include "agent/watch/process.h"
#include "common/base/pidfd.h"

namespace sn::agent {

void ScriptWatch::watch(const std::vector<wire::ScriptAtWork>& found) {
  scripts_.clear();
  for (const auto& script : found) {
    const int pid = static_cast<int>(script.pid);
    UniqueFd process = open_pidfd(pid);
    // Neither blocks; together they say that it is still the same process.
    const auto stat = process_stat(pid);
    if (!process || !stat || stat->start_ticks != script.start_ticks) continue;
    auto end = reactor_.on(
        process.get(), net::Reactor::readable, [this](net::Reactor::Ready) { ended_(); },
        net::Reactor::Order::last);
    scripts_.push_back({script, std::move(process), std::move(end)});
  }
}

std::vector<wire::ScriptAtWork> ScriptWatch::at_work() {
  std::erase_if(scripts_, [](const Script& script) {
    pollfd wait{script.process.get(), POLLIN, 0};
    return poll(&wait, 1, 0) != 0;
  });
  std::vector<wire::ScriptAtWork> left;
  for (const auto& script : scripts_) left.push_back(script.what);
  return left;
}

}  // namespace sn::agent
