// A rebind that waits for scripts of xCAT to end. Other jobs go on meanwhile. A script may wait for
// the very service node that is to be left: after a while it is looked, again and again, whether
// one does, and what a script needs to go on is moved ahead (wire::WentAhead). Pure: the shell
// holds the processes (agent/executor/script_watch.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/job.h"

namespace sn::agent {

class ScriptWait {
 public:
  // `at_work`: what the rebind's child saw, without those that have ended since. `patience_ms` and
  // `most_ms`: from the first of the job's waits on.
  ScriptWait(Job job, std::vector<wire::ScriptAtWork> at_work, int64_t patience_ms, int64_t most_ms,
             MonotonicTime now);

  // Those that have not ended; none: the wait is over.
  void set_at_work(std::vector<wire::ScriptAtWork> at_work) { scripts_ = std::move(at_work); }
  [[nodiscard]] bool over() const { return scripts_.empty(); }

  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }
  // When it is to be looked what they wait for; never, once that is known, or where who is left
  // lives: then they have what they need.
  [[nodiscard]] std::optional<MonotonicTime> next_look() const { return next_look_; }
  // At the deadline: what is said of the node.
  [[nodiscard]] Error too_long() const;
  // "waiting for xcatpostinit (pid 812) and 2 more".
  [[nodiscard]] Fact step() const;

  [[nodiscard]] const Job& job() const { return job_; }
  [[nodiscard]] Job take_job() { return std::move(job_); }

 private:
  Job job_;
  int64_t most_ms_;
  MonotonicTime deadline_;
  std::optional<MonotonicTime> next_look_;
  std::vector<wire::ScriptAtWork> scripts_;
};

}  // namespace sn::agent
