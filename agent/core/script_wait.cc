#include "agent/core/script_wait.h"

#include <utility>

namespace sn::agent {

ScriptWait::ScriptWait(Job job, std::vector<wire::ScriptAtWork> at_work, int64_t most_ms,
                       MonotonicTime now)
    : job_(std::move(job)), most_ms_(most_ms), scripts_(std::move(at_work)) {
  if (!job_.waits_since) job_.waits_since = now;
  deadline_ = *job_.waits_since + most_ms;
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
