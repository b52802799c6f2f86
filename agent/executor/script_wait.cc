#include "agent/executor/script_wait.h"

#include <poll.h>

#include "agent/watch/process.h"
#include "common/base/pidfd.h"

namespace sn::agent {

ScriptWait::ScriptWait(Job job, const wire::ScriptsAtWork& found, int64_t most_ms)
    : job_(std::move(job)), most_ms_(most_ms) {
  if (!job_.waits_since) job_.waits_since = monotonic_now();
  deadline_ = *job_.waits_since + most_ms;
  for (const auto& script : found.scripts) {
    const int pid = static_cast<int>(script.pid);
    UniqueFd process = open_pidfd(pid);
    // Neither blocks; together they say that it is still the same process.
    const auto stat = process_stat(pid);
    if (!process || !stat || stat->start_ticks != script.start_ticks) continue;
    scripts_.push_back({script.name, script.pid, std::move(process)});
  }
}

void ScriptWait::look() {
  std::erase_if(scripts_, [](const Script& script) {
    pollfd wait{script.process.get(), POLLIN, 0};
    return poll(&wait, 1, 0) != 0;
  });
}

std::vector<int> ScriptWait::fds() const {
  std::vector<int> fds;
  for (const auto& script : scripts_) fds.push_back(script.process.get());
  return fds;
}

std::string ScriptWait::step() const {
  std::string text(wire::kWaitingFor);
  text += scripts_.front().name + " (pid " + std::to_string(scripts_.front().pid) + ")";
  if (scripts_.size() > 1) text += " and " + std::to_string(scripts_.size() - 1) + " more";
  return text;
}

Error ScriptWait::too_long() const {
  const auto& script = scripts_.front();
  const std::string pid = std::to_string(script.pid);
  Error error;
  error.what = ErrorClass::timed_out;
  error.why = script.name + " (pid " + pid + ") has been at work for more than " +
              std::to_string(most_ms_ / 1000) + " s and writes the files that would be changed";
  error.cure = "wait for it, or end it on the node (kill " + pid + "), then run the takeover again";
  return error;
}

}  // namespace sn::agent
