#include "agent/core/script_wait.h"

#include <utility>

namespace sn::agent {

namespace {

// A script that tries again and again is at it for a moment each time.
constexpr int64_t kLookAgainMs = 2'000;

}  // namespace

ScriptWait::ScriptWait(Job job, std::vector<wire::ScriptAtWork> at_work, int64_t patience_ms,
                       int64_t most_ms, MonotonicTime now)
    : job_(std::move(job)), most_ms_(most_ms), scripts_(std::move(at_work)) {
  if (!job_.waits_since) job_.waits_since = now;
  deadline_ = *job_.waits_since + most_ms;
  if (!job_.awaited.empty() || !plan_request_of(job_.rebind).is_rescue()) return;
  const MonotonicTime patient_until = *job_.waits_since + patience_ms;
  next_look_ = now < patient_until ? patient_until : now + kLookAgainMs;
}

Fact ScriptWait::step() const {
  return Fact(FactCode::waiting_for_scripts,
              {.sn = job_.ahead.empty() ? std::string() : job_.awaited,
               .name = scripts_.front().name,
               .count = scripts_.size() - 1,
               .pid = scripts_.front().pid});
}

Error ScriptWait::too_long() const {
  const auto& script = scripts_.front();
  Error error;
  error.what = ErrorClass::timed_out;
  error.why = Fact(FactCode::script_too_long,
                   {.name = script.name, .ms = static_cast<uint64_t>(most_ms_), .pid = script.pid});
  error.cure = Cure(CureCode::wait_or_end_script, {.value = std::to_string(script.pid)});
  return error;
}

}  // namespace sn::agent
